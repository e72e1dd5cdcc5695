namespace Loquat.Text.Conversations;

/// <summary>Chat templates for models that have none.</summary>
internal static class BuiltInChatForms
{
    /// <summary>ChatML: each message between two tokens of its own. Functions and calls are told as the Hermes models do, in tags.</summary>
    public static ChatForm ChatMl { get; } = new("chatml", """
        {%- if tools %}
        {{- '<|im_start|>system\n' }}
        {%- if messages and messages[0].role == 'system' %}{{- messages[0].content + '\n\n' }}{% endif %}
        {{- 'You may call these functions:\n<tools>' }}
        {%- for tool in tools %}{{- '\n' + (tool | tojson) }}{% endfor %}
        {{- '\n</tools>\nTo call one, write <tool_call>{"name": its name, "arguments": an object}</tool_call>.<|im_end|>\n' }}
        {%- endif %}
        {%- for message in messages %}
        {%- if not (tools and loop.first and message.role == 'system') %}
        {{- '<|im_start|>' + message.role + '\n' }}
        {%- if message.content %}{{- message.content }}{% endif %}
        {%- if message.tool_calls %}
        {%- for call in message.tool_calls %}
        {%- set function = call.function if call.function else call %}
        {%- if message.content or not loop.first %}{{- '\n' }}{% endif %}
        {{- '<tool_call>{"name": ' + (function.name | tojson) + ', "arguments": ' }}
        {%- if function.arguments is string %}{{- function.arguments }}{% else %}{{- function.arguments | tojson }}{% endif %}
        {{- '}</tool_call>' }}
        {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\n' }}
        {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{% endif %}
        """)
    {
        AddedTokens = ["<|im_start|>", "<|im_end|>"],
        EndOfTurn = "<|im_end|>",
    };

    /// <summary>The form of the hh-rlhf data, for tokenizers that are to stay as they are: an answer ends with the token that ends texts.</summary>
    public static ChatForm HumanAssistant { get; } = new("human_assistant", """
        {%- for message in messages %}
        {%- if message.role == 'assistant' %}{{- '\n\nAssistant: ' + message.content + eos_token }}
        {%- elif message.role == 'user' %}{{- '\n\nHuman: ' + message.content }}
        {%- else %}{{- '\n\n' + message.content }}{% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '\n\nAssistant:' }}{% endif %}
        """);

    public static IReadOnlyList<ChatForm> All => [ChatMl, HumanAssistant];
}
