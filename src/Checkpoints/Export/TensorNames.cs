using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// How a model's folder names its tensors, where that is not how its family does: the text's part of a multimodal model has
/// a longer prefix, a model saved without its head a shorter one, and a tied matrix may be there twice. An export writes the
/// folder's names again.
/// </summary>
/// <param name="Prefix">How the family's names begin.</param>
/// <param name="StoredPrefix">What stands there instead in the folder.</param>
/// <param name="Copies">Tensors of the folder that are copies of others, by the name of the other there.</param>
public sealed record TensorNames(string Prefix, string StoredPrefix, IReadOnlyDictionary<string, string> Copies)
{
    private const string Property = "tensor_names";

    /// <summary>Of a folder that names its tensors as the family does.</summary>
    public static TensorNames AsInFamily { get; } = new("", "", new Dictionary<string, string>());

    /// <summary>What a manifest says.</summary>
    /// <exception cref="InvalidDataFileException">It says something else.</exception>
    public static TensorNames Of(Manifest manifest)
    {
        if (!manifest.Properties.TryGetValue(Property, out var json)) return AsInFamily;
        try
        {
            if (JsonSerializer.Deserialize<TensorNames>(json) is { Prefix: not null, StoredPrefix: not null, Copies: not null } names) return names;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new InvalidDataFileException($"manifest of {manifest.Run}", $"property '{Property}' must be an object with Prefix, StoredPrefix and Copies");
    }

    /// <summary>The folder's name of a tensor.</summary>
    public string Stored(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? StoredPrefix + name[Prefix.Length..] : name;

    /// <summary>Adds them to a manifest's properties, if there is anything to say.</summary>
    public void AddTo(Dictionary<string, string> properties)
    {
        if (Prefix != StoredPrefix || Copies.Count > 0) properties[Property] = JsonSerializer.Serialize(this);
    }

    /// <summary>Tensors by the folder's names, with the copies.</summary>
    internal IReadOnlyList<TensorSource> Rename(IReadOnlyList<TensorSource> tensors)
    {
        var renamed = tensors.Select(t => t with { Name = Stored(t.Name) }).ToList();
        var byName = renamed.ToDictionary(t => t.Name);
        renamed.AddRange(Copies.Select(c => byName.TryGetValue(c.Value, out var other)
            ? other with { Name = c.Key }
            : throw new InvalidDataFileException(Property, $"'{c.Key}' is a copy of '{c.Value}', which the model does not have")));
        return renamed;
    }
}
