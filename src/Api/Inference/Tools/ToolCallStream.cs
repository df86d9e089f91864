using System.Text;
using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>
/// Splits an answer that comes in pieces into what the model says and the calls that it makes at the end. What may be a call is
/// held back until it is whole; if it turns out not to be a call, it becomes part of what is said.
/// </summary>
/// <param name="format">How the model writes calls.</param>
/// <param name="names">The functions that it may call.</param>
internal sealed class ToolCallStream(IToolCallFormat format, IReadOnlySet<string> names)
{
    private readonly StringBuilder _calls = new();
    private string _held = "";
    private bool _said;
    private bool _calling;

    /// <summary>Adds a piece; returns text that certainly belongs to what the model says.</summary>
    public string Push(string piece)
    {
        if (_calling)
        {
            _calls.Append(piece);
            return "";
        }

        _held += piece;
        var at = _said && format.AtStartOnly ? -1 : _held.IndexOf(format.Mark, StringComparison.Ordinal);
        if (at >= 0 && !(format.AtStartOnly && _held.AsSpan(0, at).Trim().Length > 0))
        {
            _calling = true;
            _calls.Append(_held, at, _held.Length - at);
            _held = _held[..at];
            return Say(at);
        }

        return Say(_held.Length - Begun());
    }

    /// <summary>
    /// Ends the answer: returns the calls, or else what was held back as a possible call. White space around calls is dropped.
    /// </summary>
    public (string Text, IReadOnlyList<ToolCall> Calls) End()
    {
        var calls = _calling ? Read(_calls.ToString()) : [];
        return calls.Count > 0 ? ("", calls) : (_held + _calls, []);
    }

    // Returns nothing while there is only white space, which may precede a call.
    private string Say(int length)
    {
        var text = _held[..length];
        if (!_said && string.IsNullOrWhiteSpace(text)) return "";
        (_said, _held) = (true, _held[length..]);
        return text;
    }

    // How much of the mark the text ends with.
    private int Begun()
    {
        if (format.AtStartOnly) return 0;
        for (var length = Math.Min(format.Mark.Length - 1, _held.Length); length > 0; length--)
            if (_held.AsSpan().EndsWith(format.Mark.AsSpan(0, length))) return length;
        return 0;
    }

    private IReadOnlyList<ToolCall> Read(string text)
    {
        try
        {
            if (format.Read(text) is { } calls && calls.All(c => names.Contains(c.Name)))
                return [.. calls.Select(c => new ToolCall(format.NewId(), c.Name, c.Arguments.GetRawText()))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not a call, and so part of what is said.
        }

        return [];
    }
}
