using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>Questions in a file of conversations: what stands before the last answer, and that answer as text.</summary>
internal sealed class GrpoQuestions
{
    private readonly List<(long[] Prompt, string Expected)> _questions = [];

    /// <param name="limit">Tokens of a question at most.</param>
    /// <exception cref="DataException">None is so short.</exception>
    public GrpoQuestions(TokenShard file, int limit, Tokenizer tokenizer)
    {
        var shard = new ConversationShard(file, 1);
        for (var item = 0; item < shard.Count; item++)
        {
            var length = shard.Length(item);
            var (ids, learned) = (shard.Ids(item, 0, 0, length), shard.Learned(item, 0, 0, length));
            var first = Array.IndexOf(learned, 1);
            if (first < 1) continue;
            if (first > limit) Longer++;
            else _questions.Add((ids[..first], tokenizer.Decode(ids.Where((_, t) => learned[t] == 1).Select(id => (int)id))));
        }
        if (_questions.Count == 0) throw new DataException($"{file.Path}: none of its {shard.Count} questions has {limit} tokens or fewer, which training.context_length less objective.max_completion_length leaves. Raise the first or lower the second.");
    }

    public int Count => _questions.Count;

    public int Longer { get; }

    public IReadOnlyList<(long First, long Second)> Lengths => [.. _questions.Select(question => ((long)question.Prompt.Length, 0L))];

    public (long[] Prompt, string Expected) this[int index] => _questions[index];

    /// <summary>Questions alone: what is to be predicted is drawn later.</summary>
    public TokenBatch Batch(IReadOnlyList<int> chosen, long filler)
    {
        var length = chosen.Max(question => _questions[question].Prompt.Length);
        var (ids, labels, mask) = (new long[chosen.Count * length], new long[chosen.Count * length], new long[chosen.Count * length]);
        Array.Fill(ids, filler);
        Array.Fill(labels, ModelBatch.Ignored);
        foreach (var (row, question) in chosen.Index())
        {
            var prompt = _questions[question].Prompt;
            prompt.CopyTo(ids, row * length);
            Array.Fill(mask, 1, row * length, prompt.Length);
        }
        return new(chosen.Count, length) { InputIds = ids, Labels = labels, AttentionMask = mask.Contains(0) ? mask : null, Expected = [.. chosen.Select(question => _questions[question].Expected)] };
    }
}
