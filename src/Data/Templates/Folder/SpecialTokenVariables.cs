using LisaOrleans.Data.Jinja;

namespace LisaOrleans.Data;

/// <summary>
/// The special tokens that a template can ask for by their role, such as <c>bos_token</c>: those that the folder names, else those of
/// the tokenizer's class. Others are undefined.
/// </summary>
internal static class SpecialTokenVariables
{
    public static IReadOnlyList<KeyValuePair<string, JinjaValue>> Read(string folder, Func<string, string>? ofModel)
    {
        var config = TokenizerConfig.Read(folder, ofModel);
        var tokens = config.SpecialTokens.ToDictionary(t => t.Key, t => (JinjaValue)JinjaValue.Of(t.Value));
        if (config.MoreTokens is { } more) tokens.Add("additional_special_tokens", new ListValue([.. more.Select(t => JinjaValue.Of(t))]));
        return [.. tokens];
    }
}
