using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Distillation;

/// <summary>
/// `distillation:` of a recipe: a student learns what a teacher holds likely, beside the text itself (Hinton et al. 2015). The loss of a label is
/// <see cref="Alpha"/> · cross-entropy + (1 - <see cref="Alpha"/>) · divergence, and <see cref="HiddenWeight"/> times the mean difference of the states of paired layers.
/// </summary>
public abstract record DistillationOptions
{
    [Description("The run or the Hugging Face model folder of the teacher: a causal model, or for classification a classifier, with the student's tokenizer. It is read and never trained.")]
    public string Teacher { get; init; } = "";

    [Description("Divides the logits of both models before they are compared: above 1, unlikely tokens count more.")]
    [Range(0.01, 100)]
    public double Temperature { get; init; } = 1;

    [Description("Share of the text's own loss; the rest is the divergence from the teacher. 0: the teacher alone.")]
    [Range(0, 1)]
    public double Alpha { get; init; } = 0.5;

    [Description("How the states after paired layers are compared: not at all, by the mean squared difference, or by 1 less the cosine.")]
    public HiddenLoss HiddenLoss { get; init; }

    [Description("Weight of the states' loss, which is the mean over the pairs of layers.")]
    [Range(0, 1e6)]
    public double HiddenWeight { get; init; } = 1;

    [Description("Pairs of layers, STUDENT:TEACHER, counted from 1; the last one is that after the last normalization. Default: each layer of the student with one of the teacher, evenly.")]
    public TextList HiddenLayers { get; init; } = TextList.Empty;

    /// <summary>The name in recipes.</summary>
    public abstract string Type { get; }

    /// <summary>Each label's divergence of the student from the teacher, (n) float32; 0 where a label does not count.</summary>
    /// <param name="student">(n, V) logits, which autograd follows.</param>
    /// <param name="teacher">(n, V) logits; a constant.</param>
    /// <param name="labels">(n) int64; those below 0 do not count.</param>
    public abstract Tensor Divergence(Tensor student, Tensor teacher, Tensor labels);

    /// <summary>Why a student cannot learn so; null: it can.</summary>
    /// <param name="teacher">Its teacher; null: it is not known yet.</param>
    internal string? Fault(ModelConfig student, ModelConfig? teacher = null)
    {
        if (string.IsNullOrWhiteSpace(Teacher)) return "distillation.teacher is missing; name the run or the model folder that is learned from.";
        if (HiddenLoss == HiddenLoss.None && HiddenLayers.Count > 0) return "distillation.hidden_layers pairs layers whose states are compared, but hidden_loss is none. Take it out, or set hidden_loss to mse or cosine.";
        if (HiddenLoss == HiddenLoss.None && HiddenWeight != 1) return "distillation.hidden_weight weighs the loss of states, but hidden_loss is none. Take it out, or set hidden_loss to mse or cosine.";
        if (teacher is null) return null;
        if (teacher.Kind != student.Kind) return $"distillation.teacher: {Teacher} is a {teacher.ModelType}, {ModelKinds.Name(teacher.Kind)}; the student is {ModelKinds.Name(student.Kind)}. Name a teacher of its kind.";
        if (HiddenLoss == HiddenLoss.None) return null;
        if (student.Kind != ModelKind.Causal) return $"distillation.hidden_loss compares the states of causal models; the student is {ModelKinds.Name(student.Kind)}. Set it to none.";
        if (student.Width != teacher.Width) return string.Create(CultureInfo.InvariantCulture, $"distillation.hidden_loss compares states, but those of the student are {student.Width} wide and those of the teacher {teacher.Width}. Give the student the teacher's width, or set hidden_loss to none.");
        return LayerPairs.Fault(HiddenLayers, student.Layers, teacher.Layers);
    }
}
