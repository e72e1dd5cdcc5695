using Loquat.Layers;
using Microsoft.Extensions.AI;

namespace Loquat.Embeddings;

/// <summary>Embeddings through the interface that .NET programs use for any model of them. Options that it cannot honour are refused by name.</summary>
/// <param name="encoder">Disposed with this generator.</param>
/// <param name="modelId">What metadata call the model. Default: its `model_type`.</param>
public sealed class SentenceEmbeddingGenerator(SentenceEncoder encoder, string? modelId = null) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("loquat", null, modelId ?? encoder.Model.Config.ModelType, encoder.Dimension);

    /// <summary>Reads a folder: see <see cref="SentenceEncoder.Load(string, Placement, Pooling?, CancellationToken)"/>.</summary>
    public static SentenceEmbeddingGenerator Load(string folder) => new(SentenceEncoder.Load(folder, Placement.Of()), Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));

    /// <exception cref="OptionsException">An option that cannot be honoured.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } wanted && wanted != encoder.Dimension) throw new OptionsException($"Dimensions is {wanted}; this model gives {encoder.Dimension}. Leave it out.");
        if (options?.ModelId is { } id && id != _metadata.DefaultModelId) throw new OptionsException($"ModelId is '{id}'; this is '{_metadata.DefaultModelId}'.");
        if (options?.AdditionalProperties is { Count: > 0 } more) throw new OptionsException($"AdditionalProperties has '{more.First().Key}'; this generator knows none.");
        string[] texts = [.. values];
        return Task.Run(() =>
        {
            var vectors = encoder.Embed(texts, out var tokens, cancellation: cancellationToken);
            return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(vector => new Embedding<float>(vector) { ModelId = _metadata.DefaultModelId }))
            {
                Usage = new() { InputTokenCount = tokens, TotalTokenCount = tokens },
            };
        }, cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null : ((object[])[this, _metadata, encoder, encoder.Model]).FirstOrDefault(serviceType.IsInstanceOfType);
    }

    public void Dispose() => encoder.Dispose();
}
