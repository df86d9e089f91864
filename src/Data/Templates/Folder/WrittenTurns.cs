using System.Collections.Concurrent;
using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Refuses turns of roles that a template of a folder leaves out, such as developer in Qwen 2.5's, and calls that it leaves out
/// beside a text, as DeepSeek's do: something unmistakable is not in what the template makes of any <see cref="TemplateProbe"/>.
/// </summary>
/// <param name="render">What the template writes of a conversation; null where it refuses it.</param>
internal sealed class WrittenTurns(Func<Example, string?> render)
{
    // Plain letters, since templates may escape others.
    private const string Sentinel = "Zq7sentinelZq7";

    // Templates that leave out questions or answers show nothing to learn, and are refused for that.
    private static readonly string[] s_roles = [TurnRole.System, TurnRole.Developer, TurnRole.Tool];

    private readonly ConcurrentDictionary<(string Role, bool Tools, bool IsPrompt), bool> _written = new();
    private readonly ConcurrentDictionary<bool, bool> _calls = new();

    /// <summary>Looks at a conversation's turns.</summary>
    /// <param name="example">The conversation.</param>
    /// <param name="template">The template's name.</param>
    /// <param name="isPrompt">Whether it is to be answered: Mistral's templates write a system turn only into a question that ends it.</param>
    /// <exception cref="DatasetException">A turn would be silently lost.</exception>
    public void Check(Example example, string template, bool isPrompt)
    {
        var tools = example.Tools is not null;
        for (var turn = 0; turn < example.Messages.Count; turn++)
        {
            var message = example.Messages[turn];
            if (TemplateProbe.Calls(message) && HasText(message.Fields!.Value) && !AreCallsWritten(tools))
            {
                throw new DatasetException(
                    $"turn {turn} calls tools beside a text, and the model's chat template ({template}) leaves such calls out; "
                        + "it may write those of a turn without content");
            }

            if (message.Content.Length == 0 || !s_roles.Contains(message.Role) || IsWritten(message.Role, tools, isPrompt)) continue;
            var roles = s_roles.Where(r => IsWritten(r, tools, isPrompt)).Concat([TurnRole.User, TurnTemplate.Assistant]);
            throw new DatasetException(
                $"turn {turn} is of role '{message.Role}', and the model's chat template ({template}) leaves such turns out; "
                    + $"it writes those of {string.Join(", ", roles)}");
        }
    }

    private static bool HasText(JsonElement turn) =>
        turn.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String && !content.ValueEquals("");

    private bool IsWritten(string role, bool tools, bool isPrompt) => _written.GetOrAdd(
        (role, tools, isPrompt), key => Shows(TemplateProbe.WithRole(key.Role, Sentinel, key.Tools, key.IsPrompt), Sentinel));

    private bool AreCallsWritten(bool tools) =>
        _calls.GetOrAdd(tools, key => Shows(TemplateProbe.WithCall("a", "r", key), TemplateProbe.Argument));

    // Where the template refuses all of them, it says so of the record as well.
    private bool Shows(IEnumerable<Example> probes, string sentinel)
    {
        var texts = probes.Select(render).OfType<string>().ToList();
        return texts.Count == 0 || texts.Exists(t => t.Contains(sentinel, StringComparison.Ordinal));
    }
}
