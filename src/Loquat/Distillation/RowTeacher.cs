using Loquat.Losses;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Distillation;

/// <summary>A classifier that another one learns from: what it holds likely of each row stands beside the row's class. It is read without dropout, and stays as it is.</summary>
public sealed class RowTeacher : IDisposable
{
    // B rows, C classes

    private readonly EncoderModel _model;
    private readonly DistillationOptions _options;

    /// <param name="model">The teacher; it is disposed of with this.</param>
    /// <param name="student">The model that learns: of the same classes in the same order.</param>
    /// <exception cref="OptionsException">The classes are others, or states of layers are to be compared.</exception>
    public RowTeacher(EncoderModel model, EncoderConfig student, DistillationOptions options)
    {
        (_model, _options) = (model, options);
        Check(model.Config, student, options);
    }

    /// <summary>Holds the classes of two models against each other.</summary>
    /// <exception cref="OptionsException">They are not the same in the same order, or one of the models is no classifier.</exception>
    public static void Check(ModelConfig teacher, EncoderConfig student, DistillationOptions options)
    {
        if (options.Fault(student, teacher) is { } fault) throw new OptionsException(fault);
        if (teacher is EncoderConfig own && own.Head == student.Head && own.Labels.SequenceEqual(student.Labels, StringComparer.Ordinal)) return;
        throw new OptionsException($"distillation.teacher: {options.Teacher} tells {Named((EncoderConfig)teacher)}, the student is to tell {Named(student)}. Name a model that was trained for the same classes: loquat finetune.");
    }

    /// <summary>One forward and backward pass of the student.</summary>
    /// <returns>The sum of the losses.</returns>
    public double LossAndGradients(EncoderModel student, ModelBatch batch, double scale)
    {
        using var scope = NewDisposeScope();
        Tensor taught;
        using (no_grad()) taught = _model.Logits(batch.InputIds, EncoderModel.ContextOf(_model.Config.TokenTypes > 0 ? batch : batch with { TokenTypeIds = null }, training: false)).Rows!;      // (B, C)
        var alpha = _options.Alpha;
        return student.LossAndGradients(batch, logits => alpha switch
        {
            0 => _options.Divergence(logits, taught, batch.Labels),
            1 => CrossEntropyLoss.Each(logits, batch.Labels, LossOptions.Plain),
            _ => alpha * CrossEntropyLoss.Each(logits, batch.Labels, LossOptions.Plain) + (1 - alpha) * _options.Divergence(logits, taught, batch.Labels),
        }, scale);
    }

    public void Dispose() => _model.Dispose();

    private static string Named(EncoderConfig config) => config.Labels.Count == 0 ? $"nothing of classes ({config.Head})" : $"{config.Labels.Count} classes ({string.Join(", ", config.Labels.Take(4))}{(config.Labels.Count > 4 ? ", …" : "")})";
}
