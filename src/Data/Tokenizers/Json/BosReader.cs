namespace LisaOrleans.Data;

/// <summary>Reads from the field "post_processor" what sequences begin with.</summary>
internal static class BosReader
{
    /// <summary>The text of the special token that a sequence begins with; null for none.</summary>
    public static string? Read(JsonField? field)
    {
        if (field is null) return null;
        var type = field.Required("type");
        return type.Text() switch
        {
            "ByteLevel" => null,
            "Sequence" => field.Required("processors").Items().Select(Read).ToList().Find(t => t is not null),
            "TemplateProcessing" => Template(field.Required("single")),
            "BertProcessing" or "RobertaProcessing" => field.Required("cls").Items().FirstOrDefault()?.Text()
                ?? throw field.Required("cls").Wrong("must be a token and its id"),
            var other => throw type.Unsupported(
                other, "ByteLevel", "Sequence", "TemplateProcessing", "BertProcessing", "RobertaProcessing"),
        };
    }

    private static string? Template(JsonField single)
    {
        var before = single.Items().TakeWhile(i => i.Optional("Sequence") is null).ToList();
        return before.Count <= 1
            ? before.FirstOrDefault()?.Required("SpecialToken").Required("id").Text()
            : throw single.Wrong($"begins a text with {before.Count} special tokens; supported: at most one");
    }
}
