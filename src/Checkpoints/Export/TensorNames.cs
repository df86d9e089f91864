using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// How a model's folder names its tensors, if its family names them otherwise: the text part of a multimodal model has a longer
/// prefix, a model saved without its head a shorter one. An export writes the folder's names again.
/// </summary>
/// <param name="Prefix">How the family's names begin.</param>
/// <param name="StoredPrefix">What the folder's names begin with instead.</param>
public sealed record TensorNames(string Prefix, string StoredPrefix)
{
    private const string Property = "tensor_names";

    /// <summary>For a folder that names its tensors as the family does.</summary>
    public static TensorNames AsInFamily { get; } = new("", "");

    /// <summary>What a manifest says.</summary>
    /// <exception cref="InvalidDataFileException">It says something else.</exception>
    public static TensorNames Of(Manifest manifest)
    {
        if (!manifest.Properties.TryGetValue(Property, out var json)) return AsInFamily;
        try
        {
            if (JsonSerializer.Deserialize<TensorNames>(json) is { Prefix: not null, StoredPrefix: not null } names) return names;
        }
        catch (JsonException)
        {
            // Reported below.
        }

        throw new InvalidDataFileException($"manifest of {manifest.Run}", $"property '{Property}' must be an object with Prefix and StoredPrefix");
    }

    /// <summary>The folder's name of a tensor.</summary>
    public string Stored(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? StoredPrefix + name[Prefix.Length..] : name;

    /// <summary>Adds them to a manifest's properties, if they differ from the family's.</summary>
    public void AddTo(Dictionary<string, string> properties)
    {
        if (Prefix != StoredPrefix) properties[Property] = JsonSerializer.Serialize(this);
    }
}
