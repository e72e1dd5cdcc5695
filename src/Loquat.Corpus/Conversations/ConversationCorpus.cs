using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Loquat.Text.Collection;
using Loquat.Text.Conversations;

namespace Loquat.Corpus.Conversations;

/// <summary>Conversations as a corpus: each is one document, <see cref="Conversation.ToJson"/>. They are kept in memory.</summary>
public sealed class ConversationCorpus : ITextCorpus
{
    private readonly List<Conversation> _training, _validation;
    private readonly string _path;
    private long _same;

    /// <param name="path">A file; see <see cref="ConversationFile"/>.</param>
    /// <param name="validationPath">Conversations to validate with; null: a share of the others, chosen by a hash of how they begin, so that one question never stands on both sides.</param>
    /// <param name="fraction">That share. Above 0, below 1.</param>
    /// <param name="preferences">Whether each has a preferred answer and another.</param>
    /// <exception cref="DataException">A file cannot be read or has another form, or there are fewer than two conversations.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ConversationCorpus(string path, string? validationPath, double fraction, bool preferences, CancellationToken cancellation = default)
    {
        _path = path;
        var known = new HashSet<string>(StringComparer.Ordinal);
        List<Conversation> Distinct(string file)
        {
            List<Conversation> read = [.. ConversationFile.Read(file, preferences, cancellation)];
            var kept = read.Where(one => known.Add(one.ToJson(withPlace: false))).ToList();
            _same += read.Count - kept.Count;
            return kept;
        }
        var all = Distinct(path);
        if (validationPath is not null)
        {
            (_training, _validation) = (all, Distinct(validationPath));
        }
        else
        {
            // By rank, so that a few conversations have their share too; of one beginning all go with the first.
            var groups = all.GroupBy(Begin).OrderBy(group => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(group.Key.AsSpan()))).ThenBy(group => group.Key, StringComparer.Ordinal).ToList();
            var chosen = groups.Take(Math.Max(1, (int)Math.Round(fraction * groups.Count))).SelectMany(group => group).ToHashSet(ReferenceEqualityComparer.Instance);
            (_training, _validation) = ([.. all.Where(one => !chosen.Contains(one))], [.. all.Where(chosen.Contains)]);
        }
        if (_training.Count == 0 || _validation.Count == 0)
            throw new DataException($"{path}: {all.Count} different conversations{(validationPath is null ? "" : $", and {_validation.Count} in {validationPath},")} are too few to learn from and to validate with.");
        var hash = new XxHash128();
        foreach (var one in _training.Concat(_validation))
        {
            var json = one.ToJson(withPlace: false);
            hash.Append(MemoryMarshal.AsBytes(json.AsSpan()));
            hash.Append("\n"u8);
            Bytes += Encoding.UTF8.GetByteCount(json);
        }
        Fingerprint = string.Create(CultureInfo.InvariantCulture, $"conversations:{Convert.ToHexString(hash.GetCurrentHash())}:{_training.Count}:{(validationPath is null ? $"{fraction}" : "files")}");
    }

    public string Description => string.Create(CultureInfo.InvariantCulture, $"{_path}: {_training.Count + _validation.Count:N0} conversations, {Bytes / 1e6:0.##} MB");

    public string Fingerprint { get; }

    public long Bytes { get; }

    public IEnumerable<string> Notes => [string.Create(CultureInfo.InvariantCulture, $"{_training.Count:N0} conversations to learn from, {_validation.Count:N0} to validate with{(_same > 0 ? $"; {_same:N0} that occur twice count once" : "")}")];

    public IEnumerable<TextDocument> Training() => Documents(_training);

    public IEnumerable<TextDocument> Validation() => Documents(_validation);

    private static IEnumerable<TextDocument> Documents(List<Conversation> conversations) => conversations.Select(one => new TextDocument(one.ToJson(withPlace: true)));

    /// <summary>What decides on which side it stands: the first thing that is said by anyone but the system.</summary>
    private static string Begin(Conversation one) => one.Messages.Concat(one.Chosen ?? []).FirstOrDefault(message => message?["role"]?.GetValue<string>() is not Turns.System)?["content"]?.ToJsonString() ?? one.ToJson(withPlace: false);
}
