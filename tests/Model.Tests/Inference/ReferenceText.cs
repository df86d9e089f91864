using System.Text.Json;
using System.Text.Json.Serialization;

namespace LisaOrleans.Model.Tests;

/// <summary>What llama2.c's C program computes for a text: stories260K/reference.json.</summary>
internal sealed record ReferenceText(
    string Text, int[] Ids, float[] Logits, [property: JsonPropertyName("mean_nll")] double MeanNll, int[] Greedy)
{
    public static ReferenceText[] ReadAll() => JsonSerializer.Deserialize<ReferenceText[]>(
        File.ReadAllText(TestAssets.Require("stories260K", "reference.json")), JsonSerializerOptions.Web)!;
}
