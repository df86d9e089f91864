using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>A text of stories260K/reference.json, with the ids that llama2.c gives it.</summary>
internal sealed record ReferenceText(string Text, int[] Ids)
{
    public static ReferenceText[] Read(string path) =>
        JsonSerializer.Deserialize<ReferenceText[]>(File.ReadAllText(path), JsonSerializerOptions.Web)!;
}
