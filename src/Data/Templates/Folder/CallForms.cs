using System.Collections.Concurrent;

namespace LisaOrleans.Data;

/// <summary>
/// In which form a template of a folder takes calls. Arguments are objects, as Hugging Face documents; DeepSeek's templates join
/// them with their own text, so a template that fails with objects gets texts. These also write the calls only of turns whose
/// content is null; such a template gets null for content that is empty.
/// </summary>
/// <param name="render">What the template writes of a conversation with calls in a form; null where it fails.</param>
internal sealed class CallForms(Func<Example, CallForm, string?> render)
{
    private readonly ConcurrentDictionary<bool, CallForm> _forms = new();

    /// <summary>That of the template for this example.</summary>
    public CallForm Of(Example example) => example.Messages.Any(TemplateProbe.Calls) ? _forms.GetOrAdd(example.Tools is not null, Find) : default;

    private CallForm Find(bool tools)
    {
        string?[] contents = [null, ""];
        var probes = contents.SelectMany(c => TemplateProbe.WithCall(c, "r", tools));
        var form = new CallForm(probes.Any(p => render(p, default) is null && render(p, new CallForm(true, false)) is not null), NullContent: false);
        return form with { NullContent = !Writes(form) && Writes(form with { NullContent = true }) };

        bool Writes(CallForm form) => TemplateProbe.WithCall("", "r", tools).Any(
            p => render(p, form)?.Contains(TemplateProbe.Argument, StringComparison.Ordinal) == true);
    }
}
