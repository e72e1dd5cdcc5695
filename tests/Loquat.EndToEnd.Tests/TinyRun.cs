namespace Loquat.EndToEnd.Tests;

/// <summary>A recipe that trains in a second, on the built-in stories or a text of one's own.</summary>
internal static class TinyRun
{
    public const string Recipe = """
        name: tiny
        data:
          story_megabytes: 0.2
        tokenizer:
          vocab_size: 384
        model:
          hidden_size: 32
          num_hidden_layers: 2
          num_attention_heads: 2
          max_position_embeddings: 32
        training:
          max_steps: 60
          per_device_train_batch_size: 4
          optimizer:
            type: muon
          lr_scheduler:
            warmup_steps: 5
          eval_steps: 20
          eval_rows: 8
          save_steps: 10
          logging_steps: 1
          sample_prompt: The
        """;

    /// <summary>Writes the recipe into a folder.</summary>
    /// <returns>Its path.</returns>
    public static string Write(TemporaryFolder folder)
    {
        var path = folder.File("tiny.yaml");
        File.WriteAllText(path, Recipe);
        return path;
    }

    /// <summary>The lines of a run's metrics without the time fields, which stand last in a line.</summary>
    public static string[] Metrics(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => line.Split(",\"seconds\"")[0])];
}
