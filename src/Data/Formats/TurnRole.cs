namespace LisaOrleans.Data;

/// <summary>The names that data sets give to those who speak.</summary>
internal static class TurnRole
{
    public const string System = "system";
    public const string Developer = "developer";
    public const string User = "user";
    public const string Tool = "tool";

    // Not a role: a turn of the assistant that is a call, as ShareGPT writes it.
    public const string FunctionCall = "function_call";

    /// <summary>The usual role for a name, or null.</summary>
    public static string? Of(string name) => name switch
    {
        "system" => System,
        "developer" => Developer,
        "user" or "human" or "prompter" => User,
        "assistant" or "gpt" or "model" or "chatgpt" or "bing" or "bard" => TurnTemplate.Assistant,
        "tool" or "function" or "observation" or "ipython" or "tool_response" => Tool,
        "function_call" or "tool_call" => FunctionCall,
        _ => null,
    };
}
