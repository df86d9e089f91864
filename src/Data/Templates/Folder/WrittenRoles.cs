using System.Collections.Concurrent;

namespace LisaOrleans.Data;

/// <summary>
/// Refuses turns of roles that a template of a folder leaves out, such as developer in Qwen 2.5's: a turn of the role that says
/// something unmistakable is not in what the template makes of any <see cref="TemplateProbe"/>.
/// </summary>
/// <param name="render">What the template writes of a conversation; null where it refuses it.</param>
internal sealed class WrittenRoles(Func<Example, string?> render)
{
    // Plain letters, since templates may escape others.
    private const string Sentinel = "Zq7sentinelZq7";

    // Templates that leave out questions or answers show nothing to learn, and are refused for that.
    private static readonly string[] s_roles = [TurnRole.System, TurnRole.Developer, TurnRole.Tool];

    private readonly ConcurrentDictionary<(string Role, bool Tools), bool> _written = new();

    /// <exception cref="DatasetException">A turn would be silently lost.</exception>
    public void Check(Example example, string template)
    {
        var tools = example.Tools is not null;
        for (var turn = 0; turn < example.Messages.Count; turn++)
        {
            var message = example.Messages[turn];
            if (message.Content.Length == 0 || !s_roles.Contains(message.Role) || IsWritten(message.Role, tools)) continue;
            var roles = s_roles.Where(r => IsWritten(r, tools)).Concat([TurnRole.User, TurnTemplate.Assistant]);
            throw new DatasetException(
                $"turn {turn} is of role '{message.Role}', and the model's chat template ({template}) leaves such turns out; "
                    + $"it writes those of {string.Join(", ", roles)}");
        }
    }

    private bool IsWritten(string role, bool tools) => _written.GetOrAdd((role, tools), key =>
    {
        var texts = TemplateProbe.WithRole(key.Role, Sentinel, key.Tools).Select(render).OfType<string>().ToList();
        return texts.Count == 0 || texts.Exists(t => t.Contains(Sentinel, StringComparison.Ordinal));
    });
}
