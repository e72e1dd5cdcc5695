using Loquat.Losses;
using Loquat.Models;
using Loquat.Text.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Distillation;

/// <summary>A model that a student learns from. It reads each batch as it would be scored on it, without dropout and without gradients, and stays as it is.</summary>
public sealed class Teacher : ITeacher, IDisposable
{
    // B rows of T tokens, N = B · T, V vocabulary, E width

    private readonly CausalModel _model;
    private readonly DistillationOptions _options;
    private readonly IReadOnlyList<(int Student, int Teacher)> _pairs;

    /// <param name="model">The teacher; it is disposed of with this.</param>
    /// <param name="student">The model that learns.</param>
    /// <exception cref="OptionsException">The two cannot be compared as the options ask.</exception>
    public Teacher(CausalModel model, CausalModel student, DistillationOptions options)
    {
        (_model, _options) = (model, options);
        if (options.Fault(student.Config, model.Config) is { } fault) throw new OptionsException(fault);
        if (!student.HasOneHead) throw new OptionsException("distillation: an adaptive softmax has no logits of all tokens to compare. Build the student without adaptive_softmax_cutoffs.");
        if (student.VirtualTokens > 0) throw new OptionsException("distillation: the student's adapter puts learned tokens before every text, which the teacher does not have. Choose lora.");
        _pairs = options.HiddenLoss == HiddenLoss.None ? [] : LayerPairs.Of(options.HiddenLayers, student.Config.Layers, model.Config.Layers);
        foreach (var (role, one) in ((string, CausalModel)[])[("student", student), ("teacher", model)])
            if (_pairs.Count > 0 && !one.TellsStates) throw new OptionsException($"distillation.hidden_loss compares states of layers, which a {one.Config.ModelType}, the {role}, does not tell. Set it to none.");
    }

    /// <summary>Holds the tokens of two models against each other: what one predicts must mean the same to the other.</summary>
    /// <param name="place">Of the teacher, for the error.</param>
    /// <exception cref="OptionsException">They are not the same.</exception>
    public static void CheckTokenizer(Tokenizer student, Tokenizer teacher, string place)
    {
        var most = Math.Max(student.VocabSize, teacher.VocabSize);
        var different = Enumerable.Range(0, most).Where(id => student.IdToToken(id) != teacher.IdToToken(id)).ToList();
        if (different.Count == 0) return;
        var id = different[0];
        throw new OptionsException(
            $"distillation.teacher: the tokenizer of {place} is not the student's: {different.Count:N0} of {most:N0} tokens differ, such as {id}, which is {Named(teacher.IdToToken(id))} to the teacher and {Named(student.IdToToken(id))} to the student. " +
            "Leave tokenizer out of the recipe, which then has the teacher's, or name another teacher.");
    }

    ILesson ITeacher.Read(ModelBatch batch)
    {
        using var guard = no_grad();
        var states = new List<Tensor>();
        var hidden = _model.Hidden(batch.InputIds, CausalModel.ContextOf(batch, training: false, _pairs.Count > 0 ? states : null)).DetachFromDisposeScope();
        return new Lesson(this, hidden, states);
    }

    public void Dispose() => _model.Dispose();

    private static string Named(string? token) => token is null ? "none" : $"'{token}'";

    /// <param name="hidden">(B, T, E).</param>
    /// <param name="states">After each layer, (B, T, E); empty where none are compared.</param>
    private sealed class Lesson(Teacher teacher, Tensor hidden, List<Tensor> states) : ILesson
    {
        public IReadOnlyList<int> Layers { get; } = [.. teacher._pairs.Select(pair => pair.Student)];

        public Tensor Each(Tensor logits, Tensor labels, long first)
        {
            using var scope = NewDisposeScope();
            var alpha = teacher._options.Alpha;
            Tensor? loss = null;
            if (alpha > 0) loss = alpha * CrossEntropyLoss.Each(logits, labels, LossOptions.Plain);
            if (alpha == 1) return loss!.MoveToOuterDisposeScope();
            Tensor taught;
            using (no_grad()) taught = teacher._model.Project(hidden.view(-1, hidden.shape[^1]).narrow(0, first, logits.shape[0]));     // (n, V)
            // A vocabulary may be filled up with tokens that no text has; the other model need not have them.
            var common = Math.Min(logits.shape[1], taught.shape[1]);
            var divergence = (1 - alpha) * teacher._options.Divergence(logits.narrow(1, 0, common), taught.narrow(1, 0, common), labels);
            return (loss is null ? divergence : loss + divergence).MoveToOuterDisposeScope();
        }

        public Tensor OfStates(IReadOnlyList<Tensor> own, Tensor labels)
        {
            using var scope = NewDisposeScope();
            var counted = labels.ge(0);                                                                             // (B, T)
            var each = teacher._pairs.Select((pair, i) => Difference(own[i].to(ScalarType.Float32), StateOf(pair.Teacher).to(ScalarType.Float32)));
            return (each.Select(loss => (loss * counted).sum()).Aggregate((a, b) => a + b) * (teacher._options.HiddenWeight / teacher._pairs.Count)).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            hidden.Dispose();
            foreach (var state in states) state.Dispose();
        }

        private Tensor StateOf(int layer) => layer == states.Count ? hidden : states[layer - 1];

        /// <summary>(B, T), of two (B, T, E).</summary>
        private Tensor Difference(Tensor student, Tensor state) => teacher._options.HiddenLoss == HiddenLoss.Mse
            ? (student - state).square().mean([-1L])
            : 1 - nn.functional.cosine_similarity(student, state, dim: -1);
    }
}
