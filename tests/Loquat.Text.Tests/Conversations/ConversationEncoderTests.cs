using System.Text.Json.Nodes;
using CsCheck;
using Loquat.Text.Conversations;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Tests.Conversations;

/// <summary>What is learned of a conversation: exactly the assistant's words and what ends them, whatever is said; and what cannot be proved is refused.</summary>
public sealed class ConversationEncoderTests
{
    private static readonly Tokenizer _bytes = TokenizerTraining.Train(TokenizerKind.Byte, [], 0);

    public static TheoryData<string> Forms => [.. ChatForm.Names];

    [Theory, MemberData(nameof(Forms))]
    public void Learned_tokens_are_the_answers_and_their_ends_whatever_is_said(string name)
    {
        var (encoder, tokenizer, end) = Of(name);
        Gen.Select(Gen.String[Gen.Char["ab .\n<>|é"], 1, 12], Gen.String[Gen.Char["ab .\n<>|é"], 1, 12]).Array[1, 5].Sample(turns =>
        {
            JsonArray messages = [.. turns.SelectMany(turn => (JsonNode[])[Turn("user", turn.Item1), Turn("assistant", turn.Item2)])];
            var encoded = encoder.Encode(messages, null, "here", LearnedPart.Answers, 0, out var reason);
            // A byte is a token: nothing can meet in one.
            reason.Should().BeNull();
            Parts(encoded!, tokenizer).Select(part => part.TrimStart(' ')).Should().Equal(turns.Select(turn => (turn.Item2 + end).TrimStart(' ')));
            // What the model reads before each answer is what it reads when it is to answer.
            var last = encoder.Encode(messages, null, "here", LearnedPart.LastAnswer, 0, out _)!;
            last.Ids.Should().Equal(encoded!.Ids);
            Parts(last, tokenizer).Should().ContainSingle();
            encoder.Encode(messages, null, "here", LearnedPart.All, 0, out _)!.Learned.Should().NotContain(false);
        }, iter: 60);
    }

    [Fact]
    public void The_tokens_before_an_answer_are_those_of_generation_for_learned_tokenizers_too()
    {
        var form = ChatForm.Choose("chatml", null);
        var tokenizer = form.Complete(TokenizerTraining.Train(TokenizerKind.Bpe, [.. Enumerable.Range(0, 60).Select(i => $"Say {i} words, and then some more of them.\n\nYes: {i * 7 % 13} words.")], 330));
        var template = ChatTemplate.Parse(form.Source);
        var encoder = new ConversationEncoder(template, tokenizer);
        JsonArray messages = [Turn("system", "Be brief."), Turn("user", "Say 5 words"), Turn("assistant", "Yes: some words."), Turn("user", "and more"), Turn("assistant", "more of them")];
        var encoded = encoder.Encode(messages, null, "here", LearnedPart.Answers, 0, out _)!;
        Parts(encoded, tokenizer).Should().Equal("Yes: some words.<|im_end|>", "more of them<|im_end|>");
        var prompt = tokenizer.EncodeIds(template.Render([.. messages.Take(4).Select(m => new ChatMessage(m!["role"]!.GetValue<string>(), m["content"]!.GetValue<string>()))], addGenerationPrompt: true));
        encoded.Ids.Take(prompt.Count).Should().Equal(prompt);
        encoded.Learned[prompt.Count].Should().BeTrue();
        encoded.Learned.Take(prompt.Count).Count(learned => learned).Should().Be(tokenizer.EncodeIds("Yes: some words.<|im_end|>").Count);
    }

    [Fact]
    public void Calls_of_functions_are_learned_and_their_results_are_not()
    {
        var (encoder, tokenizer, _) = Of("chatml");
        var tools = JsonNode.Parse("""[{"type": "function", "function": {"name": "rain", "parameters": {}}}]""")!.AsArray();
        JsonArray messages =
        [
            Turn("user", "Rain?"),
            JsonNode.Parse("""{"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "rain", "arguments": {"town": "Rome"}}}]}"""),
            Turn("tool", "no"), Turn("assistant", "It is dry."),
        ];
        var encoded = encoder.Encode(messages, tools, "here", LearnedPart.Answers, 0, out _)!;
        Parts(encoded, tokenizer).Should().Equal("""<tool_call>{"name": "rain", "arguments": {"town": "Rome"}}</tool_call><|im_end|>""", "It is dry.<|im_end|>");
        tokenizer.Decode(encoded.Ids, skipSpecialTokens: false).Should().Contain("<tools>").And.Contain("\"name\": \"rain\"");
    }

    [Fact]
    public void A_template_that_marks_answers_is_believed_where_the_marks_hold_them()
    {
        const string Source = "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }};{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
        var encoder = new ConversationEncoder(ChatTemplate.Parse(Source), _bytes);
        Parts(encoder.Encode([Turn("user", "q"), Turn("assistant", "a b")], null, "here", LearnedPart.Answers, 0, out _)!, _bytes).Should().Equal("a b;");
        var wrong = new ConversationEncoder(ChatTemplate.Parse(Source.Replace("{{ m.content }};{% end", "x{% end", StringComparison.Ordinal)), _bytes);
        var act = () => wrong.Encode([Turn("user", "q"), Turn("assistant", "a b")], null, "here", LearnedPart.Answers, 0, out _);
        act.Should().Throw<DataException>().WithMessage("here, message 2:*does not hold what it says*");
        var none = new ConversationEncoder(ChatTemplate.Parse(Source.Replace("m.role == 'assistant'", "loop.last and false", StringComparison.Ordinal)), _bytes);
        var missing = () => none.Encode([Turn("user", "q"), Turn("assistant", "a")], null, "here", LearnedPart.Answers, 0, out _);
        missing.Should().Throw<DataException>().WithMessage("here:*marks 0 answers*has 1*");
    }

    [Fact]
    public void A_template_whose_beginning_changes_with_later_turns_is_refused_with_the_turn()
    {
        // As those that take thoughts out of earlier answers.
        const string Source = "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' and loop.last %}<think></think>{% endif %}{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
        var encoder = new ConversationEncoder(ChatTemplate.Parse(Source), _bytes);
        JsonArray messages = [Turn("user", "q"), Turn("assistant", "a"), Turn("user", "r"), Turn("assistant", "b")];
        var act = () => encoder.Encode(messages, null, "chat.jsonl, line 7", LearnedPart.Answers, 0, out _);
        act.Should().Throw<DataException>().WithMessage("chat.jsonl, line 7, message 2 of 4 (assistant):*changes when later messages come*mask_history*");
        Parts(encoder.Encode(messages, null, "here", LearnedPart.LastAnswer, 0, out _)!, _bytes).Should().Equal("<think></think>b\n");
        var refusing = new ConversationEncoder(ChatTemplate.Parse("{{ raise_exception('no such roles') }}"), _bytes);
        var refused = () => refusing.Encode(messages, null, "chat.jsonl, line 7", LearnedPart.Answers, 0, out _);
        refused.Should().Throw<DataException>().WithMessage("chat.jsonl, line 7:*no such roles*");
    }

    [Fact]
    public void An_answer_whose_first_token_holds_what_is_before_it_is_left_out_and_so_is_one_without_words()
    {
        var tokenizer = TokenizerTraining.Train(TokenizerKind.Bpe, [.. Enumerable.Range(0, 40).Select(i => $"a:\n\nb{i}\n\n")], 280);
        tokenizer.EncodeIds("\n\n").Should().ContainSingle("the text teaches two line ends as one token");
        var encoder = new ConversationEncoder(ChatTemplate.Parse("{% for m in messages %}{{ m.role }}:\n{{ m.content }}{% endfor %}{% if add_generation_prompt %}assistant:\n{% endif %}"), tokenizer);
        encoder.Encode([Turn("user", "q"), Turn("assistant", "\n\nyes")], null, "here", LearnedPart.Answers, 0, out var reason).Should().BeNull();
        reason!.Reason.Should().Contain("not those that the model reads");
        reason.Detail.Should().StartWith("message 2");
        encoder.Encode([Turn("user", "q")], null, "here", LearnedPart.Answers, 0, out var none).Should().BeNull();
        none!.Reason.Should().Contain("says nothing");
    }

    [Fact]
    public void A_form_that_is_not_known_is_told_with_the_nearest()
    {
        var act = () => ChatForm.Choose("chatlm", null);
        act.Should().Throw<OptionsException>().WithMessage("*neither a file nor a built-in template (chatml, human_assistant)*'chatml'*");
        ChatForm.Choose(null, null).Name.Should().Be("chatml");
        ChatForm.Choose(null, new TokenizerConfig { ChatTemplates = new Dictionary<string, string> { ["default"] = "x" } }).Source.Should().Be("x");
    }

    private static (ConversationEncoder Encoder, Tokenizer Tokenizer, string End) Of(string name)
    {
        var form = ChatForm.Choose(name, null);
        var tokenizer = form.Complete(_bytes);
        return (new(ChatTemplate.Parse(form.Source), tokenizer, form.Variables(null, "<|endoftext|>")), tokenizer, form.EndOfTurn ?? "<|endoftext|>");
    }

    /// <summary>Runs of learned tokens, as text.</summary>
    private static List<string> Parts(EncodedConversation encoded, Tokenizer tokenizer)
    {
        List<string> parts = [];
        for (var t = 0; t < encoded.Ids.Count; t++)
        {
            if (!encoded.Learned[t]) continue;
            var end = t;
            while (end < encoded.Ids.Count && encoded.Learned[end]) end++;
            parts.Add(tokenizer.Decode(encoded.Ids.Skip(t).Take(end - t), skipSpecialTokens: false));
            t = end;
        }
        return parts;
    }

    private static JsonObject Turn(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
