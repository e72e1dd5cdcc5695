using System.Text.Json.Nodes;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Tests.Tokenization.ChatTemplates;

public sealed class ChatTemplateTests
{
    private static readonly string Cases = Path.Combine(SharedFolder.RepositoryRoot, "tests", "Loquat.Text.Tests", "Tokenization", "ChatTemplates", "Cases");

    private static readonly ChatTemplateOptions Options = new() { Time = new FixedClock() };

    public static TheoryData<string> Families => [.. Directory.EnumerateFiles(Cases, "*.jinja").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Families))]
    public void A_family_renders_every_conversation_as_the_reference(string family)
    {
        var template = ChatTemplate.Parse(File.ReadAllText(Path.Combine(Cases, family + ".jinja")), family, Options);
        foreach (var line in File.ReadLines(Path.Combine(Cases, family + ".cases.jsonl"))) Check(template, JsonNode.Parse(line)!.AsObject(), line);
    }

    [Fact]
    public void Every_construct_renders_as_the_reference()
    {
        var variables = JsonNode.Parse(File.ReadAllText(Path.Combine(Cases, "constructs.variables.json")))!.AsObject().ToDictionary(p => p.Key, p => p.Value);
        var failures = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(Cases, "constructs.jsonl")))
        {
            var one = JsonNode.Parse(line)!.AsObject();
            var source = one["template"]!.GetValue<string>();
            string got;
            try
            {
                got = ChatTemplate.Parse(source, "case", Options).Render(new JsonArray(), variables: variables);
            }
            catch (DataException error)
            {
                got = "error: " + error.Message;
            }
            var fits = one["expected"] is { } expected ? got == expected.GetValue<string>() : got.StartsWith("error: case, line ", StringComparison.Ordinal);
            if (!fits) failures.Add($"{source}\n  expected {one["expected"] ?? one["error"]}\n  got      {got}");
        }
        string.Join("\n", failures).Should().BeEmpty();
    }

    [Fact]
    public void Plain_messages_need_no_JSON() =>
        ChatTemplate.Parse("{% for m in messages %}[{{ m.role }}: {{ m.content }}]{% endfor %}{{ 'bot:' if add_generation_prompt }}")
            .Render([new("user", "Hi"), new("assistant", "Yes?")], addGenerationPrompt: true).Should().Be("[user: Hi][assistant: Yes?]bot:");

    [Fact]
    public void Assistant_spans_tell_which_characters_the_assistant_said()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}");
        var chat = template.RenderWithSpans(JsonNode.Parse("""[{"role":"user","content":"a"},{"role":"assistant","content":"bcd"},{"role":"assistant","content":""},{"role":"assistant","content":"e"}]""")!.AsArray());
        template.MarksAssistant.Should().BeTrue();
        chat.AssistantSpans.Select(s => chat.Text.Substring(s.Start, s.Length)).Should().Equal("bcd", "e");
        var (start, length) = chat.AssistantSpans[0];
        Enumerable.Range(0, chat.Text.Length).Count(i => chat.IsAssistant(i, i + 1)).Should().Be(4);
        chat.IsAssistant(start - 2, start).Should().BeFalse();
        chat.IsAssistant(start - 1, start + 1).Should().BeTrue();
        chat.IsAssistant(start + length, start + length + 1).Should().BeFalse();
    }

    [Fact]
    public void An_error_names_the_template_and_the_line()
    {
        var parse = () => ChatTemplate.Parse("a\n{% if x %}\nb", "chat_template.jinja");
        parse.Should().Throw<DataException>().WithMessage("chat_template.jinja, line 2: 'if' is not closed: expected 'endif'");
        var render = () => ChatTemplate.Parse("a\n\n{{ raise_exception('no system turn') }}").Render([new("user", "x")]);
        render.Should().Throw<DataException>().WithMessage("chat template, line 3: the template refuses these messages: no system turn");
    }

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}")]
    [InlineData("{{ 'x' * 999999999999 }}")]
    [InlineData("{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('x', 'xxxxxxxxxxxxxxx') %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s | tojson }}")]
    [InlineData("{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s=[]) %}{% for i in range(99999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}")]
    [InlineData("{% set ns = namespace(s=[]) %}{% for i in range(99999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s | tojson(indent=1000) }}")]
    [InlineData("{{ 'a'.center(99999999999) }}")]
    [InlineData("{{ range(100000) | map('center', 100000) | list | length }}")]
    [InlineData("{{ 9 ** 99 }}")]
    public void A_hostile_template_ends_with_an_error_soon(string source)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var render = () => ChatTemplate.Parse(source, options: new() { MaxSteps = 2_000_000, MaxOutputLength = 1 << 20 }).Render([new("user", "x")]);
        render.Should().Throw<DataException>().WithMessage("chat template, line 1: *");
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Deep_nesting_is_an_error_and_not_a_crash()
    {
        foreach (var source in new[]
        {
            "{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}",
            "{{ " + new string('-', 100_000) + "1 }}",
            "{{ 1" + string.Concat(Enumerable.Repeat("+1", 200_000)) + " }}",
            "{{ x" + string.Concat(Enumerable.Repeat("|list", 100_000)) + " }}",
            string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000)) + string.Concat(Enumerable.Repeat("{% endif %}", 50_000)),
            "{% for " + new string('(', 100_000) + "a" + new string(')', 100_000) + " in [] %}{% endfor %}",
        })
        {
            try { ChatTemplate.Parse(source).Render([new("user", "x")]); }
            catch (DataException error) { error.Message.Should().Contain("deeply", source[..20]); }
        }
    }

    [Fact]
    public void Mutated_templates_render_or_fail_with_a_data_error()
    {
        var sources = Directory.EnumerateFiles(Cases, "*.jinja").Select(File.ReadAllText)
            .Concat(File.ReadLines(Path.Combine(Cases, "constructs.jsonl")).Select(l => JsonNode.Parse(l)!["template"]!.GetValue<string>())).ToArray();
        var messages = JsonNode.Parse("""[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":null,"tool_calls":[{"id":"123456789","function":{"name":"f","arguments":{"a":1}}}]},{"role":"tool","content":[1]}]""")!.AsArray();
        var options = new ChatTemplateOptions { MaxSteps = 20_000, MaxOutputLength = 100_000 };
        var random = new Random(7);
        for (var round = 0; round < LongTests.Rounds(10_000, 1_000_000); round++)
        {
            var text = sources[random.Next(sources.Length)].ToCharArray().ToList();
            for (var edits = random.Next(1, 5); edits > 0 && text.Count > 2; edits--)
            {
                var at = random.Next(text.Count);
                var count = Math.Min(random.Next(1, 12), text.Count - at);
                switch (random.Next(4))
                {
                    case 0: text.RemoveRange(at, count); break;
                    case 1: text.InsertRange(random.Next(text.Count), text.GetRange(at, count)); break;
                    case 2: text[at] = "{}%#-'\"()[]|.,0 \n\ud800"[random.Next(18)]; break;
                    default: text[at] = text[random.Next(text.Count)]; break;
                }
            }
            var source = new string([.. text]);
            try
            {
                ChatTemplate.Parse(source, options: options).Render(messages, new JsonArray(new JsonObject { ["function"] = new JsonObject { ["name"] = "f" } }), true);
            }
            catch (DataException) { }
            catch (Exception error)
            {
                Assert.Fail($"round {round}: {error}\n{source}");
            }
        }
    }

    private static void Check(ChatTemplate template, JsonObject one, string line)
    {
        var reserved = new[] { "messages", "tools", "add_generation_prompt", "expected", "assistant", "error" };
        var variables = one.Where(p => !reserved.Contains(p.Key)).ToDictionary(p => p.Key, p => p.Value);
        var render = () => template.RenderWithSpans(one["messages"]!.AsArray(), one["tools"]?.AsArray(), one["add_generation_prompt"]?.GetValue<bool>() ?? false, variables);
        if (one["expected"] is null)
        {
            render.Should().Throw<DataException>(line);
            return;
        }
        var chat = render();
        chat.Text.Should().Be(one["expected"]!.GetValue<string>(), line);
        var spans = one["assistant"]?.AsArray().Select(s => new AssistantSpan(s![0]!.GetValue<int>(), s[1]!.GetValue<int>())).Where(s => s.Length > 0) ?? [];
        chat.AssistantSpans.Should().Equal(spans, line);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2025, 2, 3, 4, 5, 6, TimeSpan.Zero);

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}
