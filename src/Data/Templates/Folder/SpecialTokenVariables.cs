using LisaOrleans.Data.Jinja;

namespace LisaOrleans.Data;

/// <summary>
/// The special tokens that a template can ask for by their role, such as <c>bos_token</c>. One that the folder does not name
/// is undefined.
/// </summary>
internal static class SpecialTokenVariables
{
    private const string More = "additional_special_tokens";

    private static readonly string[] s_roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    public static IReadOnlyList<KeyValuePair<string, JinjaValue>> Read(string folder)
    {
        var tokens = new Dictionary<string, JinjaValue>();
        foreach (var file in (string[])["special_tokens_map.json", "tokenizer_config.json"])
        {
            JsonField.ReadFile(Path.Combine(folder, file), root =>
            {
                foreach (var role in s_roles)
                    if (root.Optional(role) is { } token) tokens[role] = JinjaValue.Of(Content(token));
                if (root.Optional(More) is { IsList: true } list)
                    tokens[More] = new ListValue([.. list.Items().Select(t => JinjaValue.Of(Content(t)))]);
                return root;
            });
        }

        return [.. tokens];
    }

    // Old files have the text, newer ones an object around it.
    private static string Content(JsonField token) => (token.IsText ? token : token.Required("content")).Text();
}
