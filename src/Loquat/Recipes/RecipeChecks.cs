using Loquat.Adapters;
using Loquat.Distillation;
using Loquat.Objectives;
using Loquat.Optimization;
using System.Text.Json.Nodes;
using Loquat.Models;

namespace Loquat.Recipes;

/// <summary>What must hold between several values of a recipe, each of which is in its range.</summary>
internal static class RecipeChecks
{
    private const int LongestName = 100;
    private const double LargestWarmup = 0.8;

    private static readonly HashSet<string> _reserved =
        [.. (string[])["CON", "PRN", "AUX", "NUL"], .. Enumerable.Range(0, 10).SelectMany(i => (string[])[$"COM{i}", $"LPT{i}"])];

    /// <summary>All faults of a recipe built in code: what reading it from a file would find.</summary>
    public static IReadOnlyList<string> All(Recipe recipe)
    {
        // What stands between values makes sense of values in their ranges only.
        List<string> faults = [.. RecipeRanges.Faults(recipe)];
        return faults.Count > 0 ? faults : [.. Faults(recipe), .. UnusedKeys.Faults(recipe)];
    }

    public static IEnumerable<string> Faults(Recipe recipe)
    {
        var (model, training) = (recipe.Model, recipe.Training);
        if (NameFault(recipe.Name) is { } name) yield return name;
        foreach (var (key, path) in new[] { ("data.path", recipe.Data.Path), ("data.target_path", recipe.Data.TargetPath), ("data.validation_target_path", recipe.Data.ValidationTargetPath), ("data.validation_path", recipe.Data.ValidationPath), ("data.test_path", recipe.Data.TestPath), ("data.tokens", recipe.Data.Tokens), ("tokenizer.path", recipe.Tokenizer.Path) })
            if (path is not null && string.IsNullOrWhiteSpace(path)) yield return $"{key} is '{path}'; it must name a file or folder, or be left out.";
        if (recipe.Adapter is { } adapter)
            foreach (var fault in AdapterFaults(recipe, adapter)) yield return fault;
        if (recipe.Distillation is { } distillation)
            foreach (var fault in DistillationFaults(recipe, distillation)) yield return fault;
        if (recipe.Data.Tokens is not null)
            foreach (var (key, path) in new[] { ("data.path", recipe.Data.Path), ("tokenizer.path", recipe.Tokenizer.Path) })
                if (path is not null) yield return $"data.tokens and {key} are both given; the tokens come with their text and tokenizer. Leave one of them out.";
        if (recipe.Objective.ReadsPairs)
            foreach (var fault in PairFaults(recipe)) yield return fault;
        else if (recipe.Objective is ConversationOptions talks)
            foreach (var fault in ConversationFaults(recipe, talks)) yield return fault;
        else if (recipe.Data.Path is null && recipe.Data.Include.Count + recipe.Data.Exclude.Count > 0) yield return "data.include and data.exclude choose files of a folder; name it in data.path.";
        if (recipe.Objective.IsTask && recipe.Data.Path is null) yield return $"objective.type is {recipe.Objective.Type}, which is learned from labeled examples: name their file in data.path.";
        if (recipe.Objective is { IsTask: true } task && (task.LabelSmoothing != 0 || task.ZLoss != 0 || task.ClassWeights is not null))
            yield return $"objective.label_smoothing, z_loss and class_weights shape losses of tokens of a text; the task {task.Type} does not have them. Take them out; what classes of examples weigh is objective.class_weight of classification.";
        if (recipe.Objective.IsTask && recipe.Data.Include.Count + recipe.Data.Exclude.Count > 0) yield return "data.include and data.exclude choose files of a folder; a task reads the one file of data.path. Take them out.";
        if ((model.Config.VocabSize > 0 ? model.Config : model.Config with { VocabSize = 1 }).Fault() is { } impossible) yield return $"model: {impossible}";
        if (!recipe.Objective.Trains.Contains(model.Config.Kind))
            yield return $"objective.type is {recipe.Objective.Type}, which trains {string.Join(" or ", recipe.Objective.Trains.Select(ModelKinds.Name))}; a {model.Config.ModelType} is {ModelKinds.Name(model.Config.Kind)}. Usual for it: {KnownObjectives.UsualOf(model.Config.Kind).Type}.";
        else if (recipe.Objective.Fault(model.Config) is { } objective) yield return objective;
        if (training.SamplePrompt is not null && model.Config.Kind != ModelKind.Causal) yield return $"training.sample_prompt is given, but a {model.Config.ModelType} is {ModelKinds.Name(model.Config.Kind)}, and writes no texts during training. Take it out.";
        if (training.ContextLength > model.Config.ContextLength)
            yield return $"training.context_length {training.ContextLength} is above the {model.Config.ContextLength} positions of the model ({PositionsKey(model.Config)}). Lower the first or raise the second.";
        if (training.LrScheduler.Type != "constant" && training.Optimizer.Unused.Any(unused => unused.Key == "learning_rate"))
            yield return $"training.lr_scheduler.type is {training.LrScheduler.Type}, but the optimizer decides the rate by itself ({training.Optimizer.Unused.First(unused => unused.Key == "learning_rate").Reason.TrimEnd('.')}). Set it to constant.";
        if (ScheduleFault(training) is { } schedule) yield return schedule;
        var averages = new[] { ("ema_decay", training.EmaDecay is not null), ("swa_start", training.SwaStart is not null), ("optimizer.type", training.Optimizer.Averages) }.Where(a => a.Item2).Select(a => $"training.{a.Item1}").ToArray();
        if (averages.Length > 1) yield return $"{string.Join(" and ", averages)} each keep an average of the weights; only one can be evaluated and saved. Take the others out.";
        if (training.SwaStart >= training.MaxSteps) yield return $"training.swa_start is {training.SwaStart}, but the run has {training.MaxSteps} steps: no weights would count. Lower it.";
        if (training.MaxMemory is { } limit && RecipeMemory.LimitOf(limit) is null) yield return $"training.max_memory is '{limit}'; write a number of bytes as 800MB, 8GB or 7.5GiB.";
        foreach (var fault in RegularizationFaults(recipe)) yield return fault;
        if (training.GradientNoiseScale && training.GradientAccumulationSteps < 2) yield return "training.gradient_noise_scale is measured between the micro-batches of a step; raise training.gradient_accumulation_steps to 2 or more.";
        foreach (var rule in training.ParameterGroups.Select(g => g.Optimizer).Append(training.Optimizer).OfType<RuleOptions>())
        {
            if (rule.Curvature == CurvatureEstimate.HessianDiagonal) yield return $"the optimizer {rule.Type} needs estimates of the Hessian's diagonal, which training does not make; a program gives them (docs/optimization.md). Choose sophia_g.";
            else if (rule.Curvature == CurvatureEstimate.SampledLabels && model.Config.Kind != ModelKind.Causal) yield return $"the optimizer {rule.Type} draws labels from a causal model; a {model.Config.ModelType} is {ModelKinds.Name(model.Config.Kind)}. Choose another optimizer.";
        }
        foreach (var fault in training.ParameterGroups.SelectMany((group, i) => group.Faults($"training.parameter_groups.{i}"))) yield return fault;
    }

    private static IEnumerable<string> RegularizationFaults(Recipe recipe)
    {
        var (objective, training, config) = (recipe.Objective, recipe.Training, recipe.Model.Config);
        if (!objective.Augments && (objective.TokenMasking > 0 || objective.TokenDeletion > 0 || objective.TokenSwapping > 0))
            yield return $"objective.token_masking, token_deletion and token_swapping change the text at random; the labels of {objective.Type} belong to its tokens, or it makes a noise of its own. Take them out.";
        if (objective.RDropAlpha > 0)
        {
            if (!objective.PredictsClasses) yield return $"objective.r_drop_alpha compares two predictions of one class out of several; that of {objective.Type} is another. Take it out.";
            // Of adapters dropout may be the only one.
            else if (recipe.Adapter is null && training.DropPath == 0 && !config.ToJson().Any(pair => pair.Key.Contains("drop", StringComparison.Ordinal) && !pair.Key.Contains("layerdrop", StringComparison.Ordinal) && pair.Value is JsonValue value && value.TryGetValue<double>(out var share) && share > 0))
                yield return $"objective.r_drop_alpha compares two passes with different dropout, but this {config.ModelType} has none: both would be the same. Set {DropoutKey(config)}, or take r_drop_alpha out.";
            if (training.ParameterGroups.Select(g => g.Optimizer).Append(training.Optimizer).Any(rule => rule?.Curvature == CurvatureEstimate.SampledLabels))
                yield return "objective.r_drop_alpha is given, but sophia_g estimates the curvature of cross-entropy alone. Choose another optimizer, or take r_drop_alpha out.";
        }
        if (training.Mixout > 0 && recipe.Model.From is null) yield return "training.mixout mixes in the weights of the model that the run begins with, but there is no model.from. Name its folder (model.from, or --from), or take mixout out.";
        if (training.Mixout > 0 && recipe.Adapter is not null) yield return "training.mixout and adapter are both given; with an adapter the weights of model.from stay as they are. Take one of them out.";
        if (training.BatchWarmupSteps == 0) yield break;
        var sequences = (long)training.PerDeviceTrainBatchSize * training.GradientAccumulationSteps;
        if (training.BatchWarmupStart > sequences) yield return $"training.batch_warmup_start is {training.BatchWarmupStart}; the whole batch has {sequences} sequences (per_device_train_batch_size times gradient_accumulation_steps). Lower it.";
        if (training.NumTrainEpochs is not null) yield return "training.num_train_epochs counts steps of a batch that stays; batch_warmup_steps lets it grow. Give training.max_steps in place of num_train_epochs.";
    }

    private static string DropoutKey(ModelConfig config) => ModelSection.Write(config).Select(pair => pair.Key).FirstOrDefault(key => key.Contains("drop", StringComparison.Ordinal)) is { } name ? $"model.{name}" : "a dropout of the model";

    private static IEnumerable<string> AdapterFaults(Recipe recipe, AdapterOptions adapter)
    {
        var config = recipe.Model.Config.VocabSize > 0 ? recipe.Model.Config : recipe.Model.Config with { VocabSize = 1 };
        if (recipe.Model.From is null) yield return "adapter is given, but no model.from: an adapter stands on the weights of a model that was trained before. Name its folder: model.from, or --from.";
        if (config.Fault() is not null) yield break;
        if (adapter.Fault(config) is { } fault) yield return fault;
        // The head of a task, which modules_to_save may name, is known with the examples.
        else if (!recipe.Objective.IsTask && NamesFault() is { } names) yield return names;
        if (adapter is TokenAdapterOptions tokens && recipe.ContextLength + (long)tokens.NumVirtualTokens > config.ContextLength)
            yield return $"adapter.num_virtual_tokens {tokens.NumVirtualTokens} and training.context_length {recipe.ContextLength} together are above the {config.ContextLength} positions of the model. Lower training.context_length to {Math.Max(2, config.ContextLength - tokens.NumVirtualTokens)}.";

        string? NamesFault()
        {
            try
            {
                AdapterPlan.Of(adapter, config);
                return null;
            }
            catch (OptionsException error)
            {
                return error.Message;
            }
        }
    }

    private static IEnumerable<string> DistillationFaults(Recipe recipe, DistillationOptions distillation)
    {
        var objective = recipe.Objective;
        if (distillation.Fault(recipe.Model.Config) is { } fault) yield return fault;
        if (!objective.TakesTeacher) yield return $"distillation is given, but the objective {objective.Type} is not learned from a teacher; {string.Join(", ", KnownObjectives.Types.Where(type => KnownObjectives.Find(type)!.TakesTeacher))} are. Take it out, or choose one of them.";
        else if (objective.LabelSmoothing != 0 || objective.ZLoss != 0 || objective.RDropAlpha != 0 || objective.ClassWeights is not null) yield return "objective.label_smoothing, z_loss, class_weights and r_drop_alpha shape the loss of labels alone, in whose place distillation puts the teacher's predictions. Take them out.";
        if (recipe.Adapter is TokenAdapterOptions adapter) yield return $"adapter.type {adapter.Type} puts learned tokens before every text, which the teacher of distillation does not have. Choose lora.";
        if (recipe.Training.ParameterGroups.Select(group => group.Optimizer).Append(recipe.Training.Optimizer).Any(rule => rule?.Curvature == CurvatureEstimate.SampledLabels))
            yield return $"training.optimizer.type {recipe.Training.Optimizer.Type} draws labels from the model, which a teacher's predictions have no place for. Choose another optimizer.";
    }

    private static IEnumerable<string> ConversationFaults(Recipe recipe, ConversationOptions talks)
    {
        var (data, what) = (recipe.Data, talks.Prefers ? "preferences" : "conversations");
        if (data.Tokens is not null) yield return $"data.tokens holds running text; {talks.Type} reads {what} from data.path. Take it out.";
        else if (data.Path is null) yield return $"objective.type is {talks.Type}, which reads {what}; name their file: data.path.";
        if (data.Include.Count + data.Exclude.Count > 0) yield return $"data.include and data.exclude choose files of a folder; {talks.Type} reads the one file of data.path. Take them out.";
    }

    private static IEnumerable<string> PairFaults(Recipe recipe)
    {
        var data = recipe.Data;
        if (data.Tokens is not null) yield return $"data.tokens holds running text; {recipe.Objective.Type} reads pairs of texts from data.path. Take it out.";
        else if (data.Path is null) yield return $"objective.type is {recipe.Objective.Type}, which reads pairs of texts; name them: data.path with data.target_path, or data.path alone for a .tsv, .csv or .jsonl.";
        if (data.Include.Count + data.Exclude.Count > 0) yield return "data.include and data.exclude choose files of a folder; pairs come from the files that are named. Take them out.";
        if (data.ValidationPath is null && data.ValidationTargetPath is not null) yield return "data.validation_target_path belongs to data.validation_path; name both.";
        if (data.ValidationPath is not null && data.TargetPath is null != data.ValidationTargetPath is null) yield return "data.target_path and data.validation_target_path go together: pairs lie in two files each, or in one each.";
    }

    private static string PositionsKey(ModelConfig config) => ModelSection.Write(config).FirstOrDefault(pair => pair.Value is JsonValue value && value.TryGetValue<int>(out var number) && number == config.ContextLength
        && pair.Key.Contains("positions", StringComparison.Ordinal) | pair.Key.Contains("position_embeddings", StringComparison.Ordinal)).Key is { } key ? $"model.{key}" : $"model_type {config.ModelType}";

    /// <summary>A run's folder is runs/NAME: the name is one that every file system takes, and leads nowhere else.</summary>
    internal static string? NameFault(string name)
    {
        const string Advice = "Use letters, digits, - and _, such as my-run; another place is named with --out.";
        if (string.IsNullOrWhiteSpace(name)) return $"name is '{name}'; it must not be empty. {Advice}";
        if (name.Length > LongestName) return $"name has {name.Length} characters; at most {LongestName} make the name of a folder. {Advice}";
        if (name[0] is '.' or '-' or '~' || name[^1] is '.' or ' ' || name.Any(c => c is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' || char.IsControl(c)))
            return $"name is '{name}'; it names the run's folder below runs/ and must lead nowhere else. {Advice}";
        return _reserved.Contains(name.Split('.')[0].TrimEnd().ToUpperInvariant()) ? $"name is '{name}', which Windows keeps for a device. {Advice}" : null;
    }

    private static string? ScheduleFault(TrainingRecipe training)
    {
        const string Key = "training.lr_scheduler.warmup_steps";
        var (schedule, steps) = (training.LrScheduler, training.MaxSteps);
        var usual = Math.Max(0, steps / 10);
        if (schedule is WarmupScheduleOptions { WarmupRatio: { } ratio })
            return schedule.Falls && ratio > LargestWarmup ? $"training.lr_scheduler.warmup_ratio is {ratio}; at most {LargestWarmup} of the steps may warm up, so that the rate can fall again." : null;
        // How many steps the epochs are is known with the examples.
        if (training.NumTrainEpochs is not null) return null;
        if (schedule.Warmup > steps) return $"{Key} {schedule.Warmup} is above training.max_steps {steps}: the highest rate would never come. Set it to {usual}, a tenth of the steps, or raise training.max_steps.";
        if (!schedule.Falls) return null;
        if (schedule.Warmup + schedule.Decay > steps)
            return $"training.lr_scheduler: warmup_steps {schedule.Warmup} and decay_steps {schedule.Decay} together are above training.max_steps {steps}. Lower one of them.";
        var left = steps - schedule.Warmup;
        return steps > 1 && schedule.Warmup > LargestWarmup * steps
            ? $"{Key} {schedule.Warmup} leaves {left} of {steps} steps for the rate to fall again: the decay would hardly come. At most {LargestWarmup:P0} of the steps may warm up; a tenth is usual: {usual}. To keep the rate where it is, set training.lr_scheduler.type to constant_with_warmup."
            : null;
    }
}
