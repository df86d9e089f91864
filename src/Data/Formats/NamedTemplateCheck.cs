namespace LisaOrleans.Data;

/// <summary>
/// Named templates write only role and content, and some of them a system turn only at the beginning. Whatever else a record holds is
/// refused by name.
/// </summary>
internal static class NamedTemplateCheck
{
    public static void Check(RecordReader record, Example example, DatasetSettings settings)
    {
        // The folder's own template may write anything; where there is none, a chat is refused as a whole.
        if (settings.Template == ChatTemplates.Auto) return;
        if (example.Tools is not null) throw NotWritten("tools");
        if (example.TemplateVariables.Keys.FirstOrDefault() is { } variable) throw NotWritten(variable);
        if (ChatTemplates.Problem(ChatTemplates.Get(settings.Template), example.Messages) is { } problem) throw record.Wrong(problem);
        for (var i = 0; i < example.Messages.Count; i++)
        {
            var message = example.Messages[i];
            if (message.Fields is not { } fields) continue;

            // ShareGPT's calls are the turn's text as well.
            var isSpelledOut = message.Content.Length > 0 && fields.TryGetProperty("content", out var content) && content.ValueEquals("");
            foreach (var field in fields.EnumerateObject().Select(p => p.Name))
                if (field is not ("role" or "content") && !(field == "tool_calls" && isSpelledOut)) throw NotWritten($"{field}' of turn '{i}");
        }

        DatasetException NotWritten(string field) => record.Wrong(
            field, $"is not used: template {settings.Template} writes role and content only. To train without it: --ignore-fields "
                + $"{field.Split('\'')[0]}");
    }
}
