using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>Reads JSON that a blob's hash covers: it is what somebody wrote, who may be a newer build or have made a mistake.</summary>
internal static class StoredJson
{
    private static readonly JsonSerializerOptions s_options = new() { RespectNullableAnnotations = true };

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">Of what type.</typeparam>
    /// <param name="json">UTF-8.</param>
    /// <param name="blob">The blob that it is in.</param>
    /// <param name="what">What it should be, for people.</param>
    /// <exception cref="InvalidDataFileException">It is none; the message names the field.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, BlobRef blob, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, s_options) ?? throw new InvalidDataFileException(blob.Sha256, $"holds no {what}: it is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataFileException(blob.Sha256, $"holds no {what}: {(e is JsonException ? JsonFault.Describe(e) : e.Message)}");
        }
    }

    /// <summary>Reads a value from a line.</summary>
    /// <typeparam name="T">Of what type.</typeparam>
    /// <param name="line">The line.</param>
    /// <param name="blob">The blob that it is in.</param>
    /// <param name="what">What it should be, for people.</param>
    /// <exception cref="InvalidDataFileException">It is none; the message names the field.</exception>
    public static T Read<T>(string line, BlobRef blob, string what)
        where T : class => Read<T>(System.Text.Encoding.UTF8.GetBytes(line), blob, what);
}
