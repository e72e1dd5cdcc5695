namespace Loquat.Text.Tokenization.Pipeline;

/// <summary>The tokens of a tokenizer by id, added ones with the model's.</summary>
internal interface ITokenNames
{
    /// <summary>Ids are below this.</summary>
    int VocabSize { get; }

    /// <summary>Null where an id has no token.</summary>
    string? IdToToken(int id);

    /// <summary>Whether decoding may leave it out.</summary>
    bool IsSpecial(int id);
}
