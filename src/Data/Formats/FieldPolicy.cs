using System.Collections.Concurrent;
using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// What becomes of fields that a format does not read: metadata is left out and named once; whatever may change what is learned
/// is an error. Where the user chose the format or its fields, only fields that are known to change what is learned are errors.
/// </summary>
internal sealed class FieldPolicy(DatasetSettings settings)
{
    private readonly HashSet<string> _ignore = [.. settings.IgnoreFields];
    private readonly bool _chosen = settings.Format is not null || settings.PromptField is not null || settings.CompletionField is not null
        || settings.TextField is not null;

    private readonly ConcurrentDictionary<string, bool> _left = new();

    /// <summary>Why a turn's weight must be 0 or 1, to follow "with"; null (default) where it may be another.</summary>
    public string? WholeWeights { get; init; }

    /// <summary>Fields that were left out, in alphabetical order.</summary>
    public IReadOnlyList<string> LeftOut => [.. _left.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether the user has asked to ignore the field.</summary>
    public bool Hides(string name)
    {
        if (_ignore.Count == 0 || !_ignore.Contains(name)) return false;
        _left.TryAdd(name, true);
        return true;
    }

    /// <summary>Looks at all fields that nobody read.</summary>
    /// <param name="reader">A record, or a turn.</param>
    /// <param name="reads">What is read instead, for the message.</param>
    /// <param name="isTurn">Whether it is a turn; the user's choice does not cover the fields of turns.</param>
    /// <param name="redundant">Fields that repeat what other fields of this format hold.</param>
    public void Check(RecordReader reader, string reads, bool isTurn, params ReadOnlySpan<string> redundant)
    {
        foreach (var property in reader.Unread())
        {
            var name = property.Name;
            if (IsEmpty(property.Value)) continue;
            if (!KnownFields.IsMetadata(name) && !redundant.Contains(name) && (isTurn || !_chosen || KnownFields.IsMeaningful(name)))
                throw reader.Wrong(name, $"is not used: {reads}. To train without it: --ignore-fields {name}");
            _left.TryAdd(name, true);
        }
    }

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.String => value.ValueEquals(""),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };
}
