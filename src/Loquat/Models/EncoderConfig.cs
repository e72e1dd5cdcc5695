using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models.Heads;

namespace Loquat.Models;

/// <summary>The configuration of an encoder: a backbone, and the head that `architectures` of its `config.json` names.</summary>
public abstract record EncoderConfig : ModelConfig
{
    /// <summary>What stands on the backbone. Default: nothing.</summary>
    public HeadKind Head { get; init; }

    /// <summary>Names of the classes that a head tells apart, in the order of their numbers: `id2label`. Default: LABEL_0 and LABEL_1.</summary>
    public IReadOnlyList<string> Labels { get; init => field = new ConfigList<string>(value); } = new ConfigList<string>(Numbered(2));

    /// <summary>What the labels of rows are. Null: as the labels given show.</summary>
    public ProblemType? ProblemType { get; init; }

    /// <summary>The token of padding, whose vector is not trained; null: none.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Names of texts that a token may belong to: 0 where the family has none.</summary>
    public virtual int TokenTypes => 0;

    /// <summary>How classes of the family are named: "Bert" of "BertForMaskedLM".</summary>
    protected internal abstract string ClassName { get; }

    /// <summary>The heads of the family, and how each class name ends.</summary>
    protected internal abstract IReadOnlyList<(HeadKind Kind, string Suffix)> Heads { get; }

    /// <summary>The parts of a head of this family.</summary>
    public abstract IReadOnlyList<HeadPart> Parts(HeadKind kind);

    /// <summary>How matrices of heads start.</summary>
    protected abstract Initializer HeadStart { get; }

    public override ModelKind Kind => ModelKind.Encoder;

    public override ModelConfig For(TokenRoles tokens) => (EncoderConfig)base.For(tokens) with { PadTokenId = tokens.Pad };

    public override IEnumerable<(string Alias, string Parameter)> Tied => Parts(Head).SelectMany(part => part.Tied);

    public override IEnumerable<string> OtherHeads => Heads.SelectMany(head => Parts(head.Kind)).SelectMany(part => part.Parameters(HeadStart).Select(spec => spec.Name).Concat(part.Tied.Select(tie => tie.Alias)));

    public override bool IsOfHead(string name) => HeadParameters().Any(spec => spec.Name == name);

    /// <summary>Names of classes that have none.</summary>
    public static IReadOnlyList<string> Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => $"LABEL_{i}")];

    /// <summary>Parameters of the head.</summary>
    protected IEnumerable<ParameterSpec> HeadParameters() => Parts(Head).SelectMany(part => part.Parameters(HeadStart));

    /// <summary>What is impossible in the head, a sentence each.</summary>
    protected IEnumerable<string> HeadFaults()
    {
        if (Heads.All(head => head.Kind != Head)) yield return $"a head for {Head} is not built; there are {string.Join(", ", Heads.Select(head => head.Kind))}.";
        if (Labels.Count == 0) yield return "there is no label; allowed: 1 or more.";
        if (Head == HeadKind.QuestionAnswering && Labels.Count != 2) yield return $"num_labels is {Labels.Count}; question answering has 2 outputs, of the first and the last token.";
        if (ProblemType == Models.Heads.ProblemType.SingleLabelClassification && Labels.Count < 2 && Head == HeadKind.SequenceClassification) yield return "num_labels is 1; one class of several needs 2 or more.";
        // In a recipe the vocabulary is not known yet.
        if (PadTokenId is { } pad && (pad < 0 || pad >= VocabSize && VocabSize > 1)) yield return $"pad_token_id is {pad}; the tokens are 0 to {VocabSize - 1}.";
    }

    /// <summary>What a `config.json` says of the head, besides the family's own keys.</summary>
    protected void AddHead(JsonObject json)
    {
        json["architectures"] = new JsonArray(ClassName + Heads.First(head => head.Kind == Head).Suffix);
        json["pad_token_id"] = PadTokenId;
        if (ProblemType is { } problem) json["problem_type"] = ProblemNames.First(name => name.Value == problem).Key;
        if (Head is not (HeadKind.SequenceClassification or HeadKind.TokenClassification)) return;
        var (byId, byLabel) = (new JsonObject(), new JsonObject());
        for (var i = 0; i < Labels.Count; i++)
        {
            byId[$"{i}"] = Labels[i];
            byLabel[Labels[i]] = i;
        }
        (json["id2label"], json["label2id"]) = (byId, byLabel);
    }

    /// <summary>This configuration with what a `config.json` says of its head.</summary>
    /// <exception cref="CheckpointException">A class that is not built, or labels that are not numbered from 0.</exception>
    protected EncoderConfig WithHead(ConfigReader fields, int? padTokenId) => this with
    {
        Head = ReadKind(fields),
        Labels = ReadLabels(fields),
        ProblemType = fields.OptionalText("problem_type") is { } name
            ? ProblemNames.TryGetValue(name, out var problem) ? problem : throw fields.Wrong("problem_type", $"one of {string.Join(", ", ProblemNames.Keys)}")
            : null,
        // Older files write -1 where there is none.
        PadTokenId = fields.OptionalInteger("pad_token_id", -1) is { } pad ? pad < 0 ? null : pad : padTokenId,
    };

    private static readonly Dictionary<string, ProblemType> ProblemNames = new()
    {
        ["single_label_classification"] = Models.Heads.ProblemType.SingleLabelClassification,
        ["multi_label_classification"] = Models.Heads.ProblemType.MultiLabelClassification,
        ["regression"] = Models.Heads.ProblemType.Regression,
    };

    private HeadKind ReadKind(ConfigReader fields)
    {
        var names = fields.Texts("architectures");
        if (names.Count == 0) return HeadKind.None;
        foreach (var (kind, suffix) in Heads)
            if (names[0] == ClassName + suffix) return kind;
        throw fields.Wrong("architectures", $"one that Loquat builds: {string.Join(", ", Heads.Select(head => ClassName + head.Suffix))}");
    }

    private static IReadOnlyList<string> ReadLabels(ConfigReader fields)
    {
        var count = fields.OptionalInteger("num_labels");
        if (fields.Object("id2label") is not { } names) return Numbered(count ?? 2);
        var labels = new string[names.Count];
        foreach (var (id, label) in names)
        {
            if (!int.TryParse(id, System.Globalization.CultureInfo.InvariantCulture, out var index) || index < 0 || index >= labels.Length || labels[index] is not null || label is null)
                throw fields.Wrong("id2label", $"names for the numbers 0 to {labels.Length - 1}");
            labels[index] = label.GetValueKind() == System.Text.Json.JsonValueKind.String ? label.GetValue<string>() : label.ToJsonString();
        }
        if (count is { } given && given != labels.Length) throw fields.Wrong("num_labels", $"the number of names in id2label ({labels.Length})");
        return labels;
    }
}
