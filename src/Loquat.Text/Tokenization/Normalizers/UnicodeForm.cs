using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>One of the four Unicode normalization forms (Unicode Standard Annex 15).</summary>
public sealed class UnicodeForm : Normalizer
{
    private readonly string _name;
    private readonly bool _compatible;
    private readonly bool _compose;

    private UnicodeForm(string name, bool compatible, bool compose) => (_name, _compatible, _compose) = (name, compatible, compose);

    /// <summary>Canonical composition.</summary>
    public static UnicodeForm Nfc { get; } = new("NFC", false, true);

    /// <summary>Canonical decomposition.</summary>
    public static UnicodeForm Nfd { get; } = new("NFD", false, false);

    /// <summary>Compatibility composition.</summary>
    public static UnicodeForm Nfkc { get; } = new("NFKC", true, true);

    /// <summary>Compatibility decomposition.</summary>
    public static UnicodeForm Nfkd { get; } = new("NFKD", true, false);

    public override void Normalize(AlignedText text) => UnicodeNormalization.Normalize(text, _compatible, _compose);

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", _name);
}
