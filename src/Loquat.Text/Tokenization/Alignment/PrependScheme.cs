namespace Loquat.Text.Tokenization.Alignment;

/// <summary>Where Metaspace puts its mark before text that does not begin with one.</summary>
public enum PrependScheme
{
    /// <summary>Before the text and after each added token.</summary>
    Always,

    /// <summary>Before the text only.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}
