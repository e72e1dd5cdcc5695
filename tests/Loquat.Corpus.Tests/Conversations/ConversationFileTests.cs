using System.IO.Compression;
using Loquat.Corpus.Conversations;

namespace Loquat.Tests.Conversations;

/// <summary>Conversations and preferences in every layout in which they are published, and what is wrong with others.</summary>
public sealed class ConversationFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}""", "system:s user:q assistant:a")]
    [InlineData("""{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "system": "s"}""", "system:s user:q assistant:a")]
    [InlineData("""{"instruction": "q", "input": "", "output": "a"}""", "user:q assistant:a")]
    [InlineData("""{"instruction": "q", "input": "i", "output": "a", "history": [["x", "y"]], "system": "s"}""", "system:s user:x assistant:y user:q\ni assistant:a")]
    [InlineData("""{"prompt": "q", "completion": "a"}""", "user:q assistant:a")]
    [InlineData("""{"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "a"}]}""", "user:q assistant:a")]
    [InlineData("""{"question": "q", "answer": "a"}""", "user:q assistant:a")]
    [InlineData("""{"instruction": "q", "instances": [{"input": "", "output": "a"}, {"input": "i", "output": "b"}]}""", "user:q assistant:a|user:q\ni assistant:b")]
    public void Layouts_of_conversations(string line, string expected)
    {
        File.WriteAllText(_folder.File("one.jsonl"), line + "\n");
        Read("one.jsonl", preferences: false).Should().Be(expected);
    }

    [Theory]
    [InlineData("""{"prompt": "q", "chosen": "a", "rejected": "b"}""", "user:q > assistant:a < assistant:b")]
    [InlineData("""{"prompt": [{"role": "user", "content": "q"}], "chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}""", "user:q > assistant:a < assistant:b")]
    [InlineData("""{"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "b"}]}""", "user:q > assistant:a < assistant:b")]
    [InlineData("""{"conversations": [{"from": "human", "value": "q"}], "chosen": {"from": "gpt", "value": "a"}, "rejected": {"from": "gpt", "value": "b"}}""", "user:q > assistant:a < assistant:b")]
    [InlineData("""{"instruction": "q", "input": "i", "chosen": "a", "rejected": "b"}""", "user:q\ni > assistant:a < assistant:b")]
    [InlineData("""{"chosen": "\n\nHuman: q\n\nAssistant: x\n\nHuman: r\n\nAssistant: a", "rejected": "\n\nHuman: q\n\nAssistant: x\n\nHuman: r\n\nAssistant: b"}""", "user:q assistant:x user:r > assistant:a < assistant:b")]
    public void Layouts_of_preferences(string line, string expected)
    {
        File.WriteAllText(_folder.File("one.jsonl"), line + "\n");
        Read("one.jsonl", preferences: true).Should().Be(expected);
    }

    [Theory]
    [InlineData("""{"text": "q"}""", "*line 1: this is no conversation: it has 'text'*")]
    [InlineData("""{"messages": [{"role": "user"}]}""", "*line 1, messages 1: the message has no 'content'*")]
    [InlineData("""{"messages": [{"role": "pope", "content": "x"}]}""", "*the role is 'pope'; known are*")]
    [InlineData("""{"messages": "x"}""", "*this is no conversation*")]
    [InlineData("""{"prompt": "q", "prompt": "r", "completion": "a"}""", "*line 1:*")]
    [InlineData("""{"chosen": "a", "rejected": "b"}""", "*objective.type: preference*")]
    [InlineData("""[1, 2""", "*cannot be read as JSON*")]
    public void What_is_no_conversation_is_told_with_its_line(string line, string message)
    {
        File.WriteAllText(_folder.File("one.jsonl"), line + "\n");
        var act = () => ConversationFile.Read(_folder.File("one.jsonl"), preferences: false).ToList();
        act.Should().Throw<DataException>().WithMessage(message);
    }

    [Fact]
    public void Compressed_files_and_tables_are_read_too()
    {
        using (var file = new GZipStream(File.Create(_folder.File("one.json.gz")), CompressionMode.Compress)) file.Write("""[{"prompt": "q", "completion": "a"}]"""u8);
        Read("one.json.gz", preferences: false).Should().Be("user:q assistant:a");
        File.WriteAllText(_folder.File("one.csv"), "prompt,completion\n\"q, r\",a\n");
        Read("one.csv", preferences: false).Should().Be("user:q, r assistant:a");
    }

    [Fact]
    public void Functions_and_calls_of_them_are_kept()
    {
        File.WriteAllText(_folder.File("one.jsonl"), """{"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {}}"}, {"from": "observation", "value": "1"}, {"from": "gpt", "value": "a"}], "tools": "[{\"name\": \"f\"}]"}""");
        var read = ConversationFile.Read(_folder.File("one.jsonl"), preferences: false).Single();
        read.Tools!.ToJsonString().Should().Be("""[{"name":"f"}]""");
        read.Messages[1]!["tool_calls"]![0]!["function"]!["name"]!.GetValue<string>().Should().Be("f");
        read.Messages[2]!["role"]!.GetValue<string>().Should().Be("tool");
    }

    [Fact]
    public void A_question_stands_on_one_side_only_and_equal_conversations_count_once()
    {
        File.WriteAllLines(_folder.File("many.jsonl"), Enumerable.Range(0, 60).Select(i => $$"""{"prompt": "q{{i % 20}}", "completion": "a{{i % 40}}"}"""));
        var corpus = new ConversationCorpus(_folder.File("many.jsonl"), null, 0.1, preferences: false);
        string[] Questions(IEnumerable<Loquat.Text.Collection.TextDocument> documents) => [.. documents.Select(document => Loquat.Text.Conversations.Conversation.Parse(document.Text).Messages[0]!["content"]!.GetValue<string>())];
        var (training, validation) = (Questions(corpus.Training()), Questions(corpus.Validation()));
        (training.Length + validation.Length).Should().Be(40);
        validation.Distinct().Should().HaveCount(2);
        training.Should().NotIntersectWith(validation);
        corpus.Notes.Single().Should().Contain("20 that occur twice count once");
        new ConversationCorpus(_folder.File("many.jsonl"), null, 0.1, preferences: false).Fingerprint.Should().Be(corpus.Fingerprint);
    }

    public static TheoryData<string, bool> Published => new()
    {
        { "alpaca", false }, { "dpo_pairs", true }, { "hh_rlhf", true },
    };

    [Theory, MemberData(nameof(Published))]
    public void Published_files_are_read_whole(string folder, bool preferences)
    {
        foreach (var file in Directory.EnumerateFiles(SharedFolder.Require("data", folder)).Where(file => !file.EndsWith(".md", StringComparison.Ordinal)))
        {
            var read = ConversationFile.Read(file, preferences).ToList();
            read.Should().HaveCountGreaterThan(100, file);
            foreach (var one in read.SelectMany(one => preferences ? (System.Text.Json.Nodes.JsonArray[])[one.Chosen!, one.Rejected!] : [one.Messages])) one[^1]!["role"]!.GetValue<string>().Should().Be("assistant");
        }
    }

    private string Read(string name, bool preferences) => string.Join('|', ConversationFile.Read(_folder.File(name), preferences).Select(one =>
        Said(one.Messages) + (one.Chosen is null ? "" : $" > {Said(one.Chosen)} < {Said(one.Rejected!)}")));

    private static string Said(System.Text.Json.Nodes.JsonArray messages) => string.Join(' ', messages.Select(message => $"{message!["role"]!.GetValue<string>()}:{message["content"]!.GetValue<string>()}"));
}
