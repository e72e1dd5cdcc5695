// Counts the tokens of texts with any tokenizer that Loquat reads, or with one learned from the first text.
//   dotnet run -c Release --project samples/CountTokens -- path/to/tokenizer.json a.txt b.txt
//   dotnet run -c Release --project samples/CountTokens -- learn a.txt b.txt
using System.Text;
using Loquat;
using Loquat.Text.Tokenization;

if (args.Length < 2)
{
    Console.Error.WriteLine("Name a tokenizer, or 'learn', and the texts to count: CountTokens tokenizer.json a.txt b.txt");
    return 1;
}
try
{
    var tokenizer = args[0] == "learn"
        ? TokenizerTraining.Train(TokenizerKind.Bpe, File.ReadLines(args[1]), vocabSize: 400)
        : Tokenizer.Load(args[0]);
    Console.WriteLine($"a vocabulary of {tokenizer.VocabSize:N0}");
    var uses = new Dictionary<int, int>();
    foreach (var file in args[1..])
    {
        var text = File.ReadAllText(file);
        var ids = tokenizer.EncodeIds(text);
        foreach (var id in ids) uses[id] = uses.GetValueOrDefault(id) + 1;
        Console.WriteLine($"{ids.Count,10:N0} tokens   {(double)Encoding.UTF8.GetByteCount(text) / Math.Max(1, ids.Count):F2} bytes a token   {file}");
    }
    Console.WriteLine("most used: " + string.Join("  ", uses.OrderByDescending(u => u.Value).ThenBy(u => u.Key).Take(10).Select(u => $"'{tokenizer.Decode([u.Key])}' {u.Value}")));
    return 0;
}
catch (LoquatException error)
{
    Console.Error.WriteLine(error.Message);
    return error.ExitCode;
}
