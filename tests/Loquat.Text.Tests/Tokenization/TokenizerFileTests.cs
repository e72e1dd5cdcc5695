using System.Text;
using System.Text.Json.Nodes;
using Loquat.Tests;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>Every kind of tokenizer file, whole and damaged.</summary>
public sealed class TokenizerFileTests
{
    [Fact]
    public void A_sentencepiece_model_is_a_tokenizer_like_any_other()
    {
        foreach (var file in Directory.EnumerateFiles(SharedFolder.Require("fixtures", "tokenizers", "sentencepiece"), "*.model"))
        {
            var tokenizer = Tokenizer.Load(file);
            using var saved = new TemporaryFolder();
            tokenizer.Save(saved.File("tokenizer.json"));
            var again = Tokenizer.Load(saved.Path);
            foreach (var line in File.ReadLines(Path.ChangeExtension(file, ".cases.jsonl")))
            {
                var one = JsonNode.Parse(line)!;
                var text = one["text"]!.GetValue<string>();
                int[] ids = [.. one["ids"]!.AsArray().Select(i => i!.GetValue<int>())];
                foreach (var each in new[] { tokenizer, again })
                {
                    each.EncodeIds(text).Should().Equal(ids, text);
                    each.Encode(text).Tokens.Should().Equal(one["pieces"]!.AsArray().Select(p => p!.GetValue<string>()), text);
                    each.Decode(ids).Should().Be(one["decoded"]!.GetValue<string>());
                }
            }
        }
    }

    [Fact]
    public void A_file_of_ranks_gives_what_the_merges_give()
    {
        var vocabulary = SharedFolder.Require("data", "tokenizers", "gpt2_vocab.json");
        var tokenizer = Tokenizer.Load(vocabulary);
        using var folder = new TemporaryFolder();
        // GPT-2's ids are ranks: bytes first, then merges in order.
        var lines = Enumerable.Range(0, tokenizer.VocabSize).Where(id => !tokenizer.IsSpecial(id)).Select(id => $"{Convert.ToBase64String(Loquat.Text.Tokenization.Decoders.ByteLevelDecoder.Bytes(tokenizer.IdToToken(id)!))} {id}");
        File.WriteAllLines(folder.File("gpt2.tiktoken"), lines);
        var ranks = Tokenizer.Load(folder.Path);
        foreach (var line in File.ReadLines(SharedFolder.Require("fixtures", "tokenizers", "corpus.txt")).Take(2000)) ranks.EncodeIds(line).Should().Equal(tokenizer.EncodeIds(line), line);
    }

    [Fact]
    public void A_bert_vocabulary_gives_what_its_tokenizer_file_gives()
    {
        var folder = SharedFolder.Require("data", "models", "all-MiniLM-L6-v2");
        var (whole, plain) = (Tokenizer.Load(folder), Tokenizer.Load(Path.Combine(folder, "vocab.txt")));
        foreach (var line in File.ReadLines(SharedFolder.Require("fixtures", "tokenizers", "corpus.txt")).Take(500))
        {
            plain.EncodeIds(line).Should().Equal(whole.EncodeIds(line), line);
            plain.Encode(line).Ids.Should().Equal(whole.With(null, null).Encode(line).Ids, line);
        }
    }

    [Theory]
    [InlineData("", "*not a tokenizer*")]
    [InlineData("{", "*line 1*not valid JSON*")]
    [InlineData("{}", "*'model' is missing*")]
    [InlineData("""{"model":{"type":"BPE"}}""", "*model.vocab: expected an object*")]
    [InlineData("""{"model":{"type":"Magic","vocab":{}}}""", "*model.type: 'Magic' is not a known model; known are BPE*")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "*model.merges[0]: expected two tokens*")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "*model.vocab['a']: expected an id*")]
    [InlineData("""{"normalizer":{"type":"Sequence","normalizers":[{"type":"Odd"}]},"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}""", "*normalizer.normalizers[0].type: 'Odd' is not a known normalizer*")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"},"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}""", "*pre_tokenizer.pattern.Regex*'(' without ')'*")]
    [InlineData("""{"added_tokens":[{"id":0}],"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}""", "*added_tokens[0]: 'content' is missing*")]
    [InlineData("""{"version":"2.0","model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}""", "*version: expected \"1.0\", found \"2.0\"*")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":5}}""", "*model.merges: expected a list*")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}}}""", "*model.merges: expected a list*")]
    [InlineData("""{"added_tokens":[{"id":"x","content":"b"}],"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}""", "*added_tokens[0].id: expected a whole number*")]
    public void A_damaged_file_is_named_with_the_place_and_what_was_expected(string json, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), json);
        var load = () => Tokenizer.Load(folder.Path);
        load.Should().Throw<DataException>().WithMessage(message).Which.Message.Should().StartWith(folder.File("tokenizer.json"));
    }

    [Fact]
    public void Mutated_files_work_or_fail_with_an_error_that_says_so()
    {
        var sources = new List<(string Name, byte[] Bytes)>();
        foreach (var name in SharedFolder.FoldersWith("tokenizer.json", "fixtures", "tokenizers"))
            sources.Add(("tokenizer.json", Small(File.ReadAllText(SharedFolder.Require("fixtures", "tokenizers", name ?? "a tokenizer.json", "tokenizer.json")))));
        sources.Add(("x.tiktoken", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}\n")) + "YWI= 256\nYWJj 257\n")));
        sources.Add(("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n##s\na\n"u8.ToArray()));
        sources.Add(("vocab.json", """{"a":0,"b":1,"Ġ":2,"ab":3,"Ġa":4}"""u8.ToArray()));
        sources.Add(("merges.txt", "#version: 0.2\na b\nĠ a\n"u8.ToArray()));
        using var folder = new TemporaryFolder();
        var random = new Random(23);
        for (var round = 0; round < LongTests.Rounds(10_000, 1_000_000); round++)
        {
            var (name, source) = sources[random.Next(sources.Count)];
            var bytes = Mutated(source, random);
            try
            {
                if (name == "tokenizer.json") Use(TokenizerJson.Read(bytes, "mutated"));
                else
                {
                    foreach (var (other, whole) in sources) File.WriteAllBytes(folder.File(other), other == name ? bytes : whole);
                    Use(Tokenizer.Load(folder.File(name)));
                }
            }
            catch (LoquatException) { }
            catch (Exception error)
            {
                Assert.Fail($"round {round}: {error}\n{Encoding.UTF8.GetString(bytes)}");
            }
        }
    }

    [Fact]
    public void What_is_read_quickly_is_what_is_read_with_care()
    {
        string[] texts =
        [
            """{"model":{"type":"BPE","vocab":{"a":0,"\u0062":1,"ab":2,"\"":3,"\\":4,"a\"":5,"é":6,"":7},"merges":[["a","\u0062"],["a","\""]]}}""",
            """{ "model" : { "merges" : [ "a b" , "ab a" ] , "vocab" : { "a" : 0 , "b" : 1 , "ab" : 20 , "aba" : 3 } } }""",
            """{"model":{"vocab":{"a":0,"b":1,"ab":2,"b":3},"merges":["a b"]}}""",
            """{"model":{"vocab":{"a":0,"b":0},"merges":[]},"added_tokens":[]}""",
            """{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b","a b c"]}}""",
            """{"model":{"vocab":{"a":0,"b":1e0},"merges":[]}}""",
            """{"model":{"vocab":{"a":0,"b":01},"merges":[]}}""",
            """{"model":{"vocab":{"a":0,"b":12345678901},"merges":[]}}""",
            """{"model":{"vocab":{"a":0,},"merges":[]}}""",
            """{"model":{"vocab":{"a":0 "b":1},"merges":[]}}""",
            """{"model":{"type":"BPE","vocab":{"a":0,"b":1,"##b":2,"ab":3,"##bb":4},"merges":[["a","##b"],["##b","##b"]],"continuing_subword_prefix":"##"}}""",
            """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1.5],["\u0062",-2e0],[" c\"", -12.25E-1]]}}""",
            """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-01.5]]}}""",
            """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",1.]]}}""",
            """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",1e400]]}}""",
            """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",--1]]}}""",
            """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",.5],["a",1e]]}}""",
            """{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"a":1},"unk_token":"[UNK]"},"model":{"type":"WordLevel","vocab":{"b":0},"unk_token":"b"}}""",
        ];
        var files = SharedFolder.FoldersWith("tokenizer.json", "fixtures", "tokenizers").Where(name => name is not null).Select(name => File.ReadAllBytes(SharedFolder.Require("fixtures", "tokenizers", name!, "tokenizer.json"))).ToList();
        var random = new Random(29);
        files.AddRange(texts.Select(Encoding.UTF8.GetBytes));
        files.AddRange([.. files.SelectMany(file => Enumerable.Range(0, LongTests.Rounds(10, 1000)).Select(_ => Mutated(file, random)))]);
        // Behind a byte order mark nothing is read quickly.
        foreach (var file in files) Content(file).Should().Be(Content([0xEF, 0xBB, 0xBF, .. file]), Encoding.UTF8.GetString(file));

        static string Content(byte[] file)
        {
            try
            {
                using var folder = new TemporaryFolder();
                TokenizerJson.Read(file, "file").Save(folder.File("tokenizer.json"));
                return File.ReadAllText(folder.File("tokenizer.json"));
            }
            catch (LoquatException error)
            {
                return error.Message;
            }
        }
    }

    private static void Use(Tokenizer tokenizer)
    {
        const string Text = "the a ab\u0301 <s>\ud83d\ude42 \ud800 ﬁ\0 ab 12\r\n";
        var ids = tokenizer.EncodeIds(Text);
        tokenizer.Encode(Text, "pair");
        tokenizer.Decode(ids);
    }

    // A file with little vocabulary, so that edits hit what is around it.
    private static byte[] Small(string text)
    {
        var json = JsonNode.Parse(text)!;
        var added = json["added_tokens"]!.AsArray();
        while (added.Count > 6) added.RemoveAt(added.Count - 1);
        var model = json["model"]!;
        if (model["vocab"] is JsonObject vocabulary)
            foreach (var key in vocabulary.Select(e => e.Key).Where(k => k.Length != 1 && !k.StartsWith('<') && !k.StartsWith('[')).Skip(40).ToList()) vocabulary.Remove(key);
        if (model["merges"] is JsonArray merges)
            for (var i = merges.Count - 1; i >= 0; i--)
            {
                var pair = merges[i]!.AsArray();
                var known = model["vocab"]!.AsObject();
                if (!known.ContainsKey(pair[0]!.GetValue<string>()) || !known.ContainsKey(pair[1]!.GetValue<string>()) || !known.ContainsKey(pair[0]!.GetValue<string>() + pair[1]!.GetValue<string>())) merges.RemoveAt(i);
            }
        if (model["vocab"] is JsonArray pieces)
            while (pieces.Count > 60) pieces.RemoveAt(pieces.Count - 1);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static byte[] Mutated(byte[] source, Random random)
    {
        var bytes = source.ToList();
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] = (byte)"0123456789{}[],:\"\\ntruefalse-"[random.Next(29)]; break;
                case 2 when bytes.Count > 20: bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at - 1)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - 10), 9)); break;
                default: bytes.Insert(at, (byte)random.Next(32, 127)); break;
            }
        }
        return [.. bytes];
    }
}
