namespace Loquat.Generation;

/// <summary>Beams of one text, or of several that are read at once and leave as they are done.</summary>
internal static class BeamSearch
{
    /// <param name="model">Of one text.</param>
    /// <returns>As many as there are beams, the best first.</returns>
    public static IReadOnlyList<Hypothesis> Run(NextTokens model, SamplingOptions options, TextBounds bounds, CancellationToken cancellation = default)
    {
        var state = new BeamState(options, bounds, model.Beginning, model.Vocabulary);
        Run(model, [state], cancellation);
        return state.Finished;
    }

    /// <param name="model">Of as many texts as there are states, in their order.</param>
    public static void Run(NextTokens model, IReadOnlyList<BeamState> states, CancellationToken cancellation = default)
    {
        var active = states.Where(state => !state.IsDone).ToList();
        while (active.Count > 0 && !cancellation.IsCancellationRequested)
        {
            List<int>[] texts = [.. active.SelectMany(state => state.Texts)];
            var logits = new float[texts.Length * model.Vocabulary];
            model.Read(texts, logits);
            var (order, going, first) = (new List<long>(), new List<BeamState>(), 0);
            foreach (var state in active)
            {
                var rows = state.Rows;
                order.AddRange(state.Advance(logits.AsSpan(first * model.Vocabulary, rows * model.Vocabulary)).Select(row => (long)(first + row)));
                if (!state.IsDone) going.Add(state);
                first += rows;
            }
            active = going;
            if (active.Count > 0) model.Reorder([.. order]);
        }
    }
}
