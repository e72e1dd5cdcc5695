using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Layers;
using Loquat.Tests.Reference;
using static TorchSharp.torch;

namespace Loquat.Tests.Adapters;

/// <summary>Every folder that peft wrote: logits, loss, gradients, merged weights, the folder written again, generation with a cache, and the model as it was.</summary>
public sealed class AdapterParityTests
{
    private static readonly double _tolerance = SharedFolder.Root is null ? 1e-5 : TrainingSection.Tolerance("adapters");

    public static TheoryData<string?> Folders => AdapterFixture.Folders;

    [Theory, MemberData(nameof(Folders))]
    public void Logits_loss_and_gradients_are_those_of_peft(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new AdapterFixture(name);
        using (inference_mode()) Gradients.Close(fixture.Model.Project(fixture.Model.WholeHidden(fixture.Ids, new ForwardContext())), fixture.Expected["logits"], _tolerance, "logits");
        var counted = fixture.Labels.ge(0).sum().item<long>();
        var loss = fixture.Model.LossAndGradients(fixture.Ids, fixture.Labels, 1.0 / counted, new ForwardContext { Training = true }) / counted;
        loss.Should().BeApproximately(fixture.Case.GetProperty("loss").GetDouble(), 1e-4);
        var gradients = fixture.Expected.Where(pair => pair.Key.StartsWith("grad.", StringComparison.Ordinal)).ToDictionary(pair => pair.Key["grad.".Length..], pair => pair.Value);
        fixture.Adapter.Saved.Select(fixture.Adapter.FileName).Should().BeEquivalentTo(gradients.Keys);
        Compare(fixture, gradients);
        fixture.Adapter.Plan.Count.Should().Be(fixture.Case.GetProperty("trainable").GetInt64());
        fixture.Model.TrainedParameters.Should().BeEquivalentTo(fixture.Adapter.Saved);
        fixture.Model.Parameters.Except(fixture.Adapter.Saved).Should().OnlyContain(p => !p.Trains && ReferenceEquals(p.Value.grad, null));
    }

    /// <summary>
    /// Ours lie within the tolerance of float64. peft's are float32, with rounding of their own, which in one case is itself above the tolerance: there ours, whose rounding depends on the library that multiplies, are to be no
    /// further from float64 than peft's, and both may differ by that much besides.
    /// </summary>
    private static void Compare(AdapterFixture fixture, Dictionary<string, Tensor> gradients)
    {
        using var model = ModelFolder.Load<CausalModel>(fixture.Base, Placement.Exact);
        var exact = AdapterFolder.Add(model, fixture.Folder);
        var logits = model.Project(model.WholeHidden(fixture.Ids, new ForwardContext()));
        // Gradients of tables do not come through autograd.
        if (logits.requires_grad) nn.functional.cross_entropy(logits.view(-1, logits.shape[2]), fixture.Labels.view(-1)).backward();
        foreach (var (own, parameter) in exact.Saved.Zip(fixture.Adapter.Saved))
        {
            var (ours, theirs) = (parameter.Value.grad!, gradients[fixture.Adapter.FileName(parameter)]);
            var rounding = 0.0;
            if (own.Value.grad is { } truth)
            {
                rounding = (theirs - truth).abs().max().item<double>() / Math.Max(1e-3, truth.abs().max().item<double>());
                rounding.Should().BeLessThan(2 * _tolerance);
                Gradients.Close(ours, truth, Math.Max(_tolerance, rounding), parameter.Name);
            }
            Gradients.Close(ours, theirs, _tolerance + rounding, parameter.Name);
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void Merged_weights_are_those_of_peft_and_give_the_same_logits(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new AdapterFixture(name);
        var merged = fixture.Expected.Where(pair => pair.Key.StartsWith("merged.", StringComparison.Ordinal)).ToDictionary(pair => pair.Key["merged.".Length..], pair => pair.Value);
        if (merged.Count == 0)
        {
            FluentActions.Invoking(fixture.Adapter.Merge).Should().Throw<OptionsException>().WithMessage("*no weights of the model give the same*");
            return;
        }
        fixture.Adapter.Merge();
        foreach (var (parameter, values) in merged) Gradients.Close(fixture.Model[parameter].Value, values, _tolerance, parameter);
        using var guard = inference_mode();
        Gradients.Close(fixture.Model.Logits(fixture.Ids, new ForwardContext()), fixture.Expected["logits"], _tolerance, "logits");
        fixture.Model.IsPlain.Should().BeTrue();
    }

    [Theory, MemberData(nameof(Folders))]
    public void A_folder_written_is_the_folder_read(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new AdapterFixture(name);
        using var folder = new TemporaryFolder();
        AdapterFolder.Write(folder.Path, fixture.Adapter, fixture.Model.Config, fixture.Base);
        var (written, read) = (SimpleSafetensors.Read(folder.File(AdapterFolder.WeightsFile)), SimpleSafetensors.Read(Path.Combine(fixture.Folder, AdapterFolder.WeightsFile)));
        written.Keys.Should().BeEquivalentTo(read.Keys);
        foreach (var (key, values) in read) written[key].eq(values).all().item<bool>().Should().BeTrue(key);
        AdapterFolder.ReadOptions(folder.Path).Should().Be(fixture.Adapter.Options);

        // The folder names its model, and so is one.
        using var again = ModelFolder.Load<CausalModel>(folder.Path, Placement.Cpu);
        using var guard = inference_mode();
        again.Logits(fixture.Ids, new ForwardContext()).eq(fixture.Model.Logits(fixture.Ids, new ForwardContext())).all().item<bool>().Should().BeTrue();
    }

    [Theory, MemberData(nameof(Folders))]
    public void Token_by_token_with_a_cache_is_as_all_at_once(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new AdapterFixture(name);
        using var guard = inference_mode();
        var ids = fixture.Ids.narrow(0, 0, 1);
        var whole = fixture.Model.Logits(ids, new ForwardContext());
        using var cache = fixture.Model.NewCache(1, ids.shape[1]);
        for (var round = 0; round < 2; round++)
        {
            for (var t = 0; t < ids.shape[1]; t++)
            {
                if (cache.Length + 1 > cache.Capacity) cache.Grow(2 * cache.Capacity);
                var step = fixture.Model.Logits(ids.narrow(1, t, 1), new ForwardContext { Cache = cache });
                Gradients.Close(step, whole.narrow(1, t, 1), 1e-5, $"token {t}");
            }
            // What stands before every text stays.
            cache.Truncate(0);
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void Taken_off_it_leaves_the_model_as_it_was_and_put_on_again_it_is_as_before(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new AdapterFixture(name);
        using var untouched = ModelFolder.Load<CausalModel>(fixture.Base, Placement.Cpu);
        using var guard = inference_mode();
        var with = fixture.Model.Logits(fixture.Ids, new ForwardContext());
        fixture.Adapter.SetActive(false);
        fixture.Model.Logits(fixture.Ids, new ForwardContext()).eq(untouched.Logits(fixture.Ids, new ForwardContext())).all().item<bool>().Should().BeTrue();
        fixture.Adapter.SetActive(true);
        fixture.Model.Logits(fixture.Ids, new ForwardContext()).eq(with).all().item<bool>().Should().BeTrue();
    }
}
