using System.Diagnostics;
using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Models;

/// <summary>Cuts pieces of text into tokens of a vocabulary. Immutable and thread-safe.</summary>
public abstract class TokenizerModel
{
    /// <summary>Entries of the vocabulary.</summary>
    public abstract int VocabSize { get; }

    /// <summary>The id of a token, or null.</summary>
    public abstract int? TokenToId(string token);

    /// <summary>The token of an id, or null.</summary>
    public abstract string? IdToToken(int id);

    /// <summary>Whether a token stands for no text, by the model itself and not as an added token.</summary>
    internal virtual bool IsSpecial(int id) => false;

    /// <summary>The `type` in `tokenizer.json`.</summary>
    internal abstract string Type { get; }

    /// <summary>One more than the highest id.</summary>
    internal abstract int IdLimit { get; }

    /// <summary>Cuts a piece, with all that an encoding tells.</summary>
    internal abstract void Tokenize(string piece, List<Token> tokens);

    /// <summary>The same with ids only, which is the fast way. The workspace's cache is not asked: that is the caller's.</summary>
    internal abstract void EncodeIds(ReadOnlySpan<char> piece, Workspace work);

    /// <summary>How pieces are cut by chance.</summary>
    internal virtual SamplingMethod Sampling => SamplingMethod.None;

    /// <summary>Cuts a piece by chance; for values that the <see cref="Sampling"/> method allows.</summary>
    /// <param name="alpha">Lattice: how sharp the distribution is. Dropout: the probability of leaving a merge out.</param>
    /// <param name="nbestSize">Lattice: from how many best ways; below 0, from all.</param>
    internal virtual void Sample(string piece, double alpha, int nbestSize, Random random, List<Token> tokens) => throw new UnreachableException();

    /// <summary>The most probable ways to cut a piece, best first; for <see cref="SamplingMethod.Lattice"/>.</summary>
    internal virtual List<(List<Token> Tokens, double Score)> Nbest(string piece, int size) => throw new UnreachableException();

    /// <summary>Writes the fields after `type`.</summary>
    internal abstract void Write(Utf8JsonWriter json);
}
