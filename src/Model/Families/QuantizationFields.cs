using System.Text.Json;

namespace LisaOrleans.Model;

/// <summary>Reads quantization_config where its method is one that can be undone exactly; any other stays unread, and is refused.</summary>
internal static class QuantizationFields
{
    private const string MethodField = "quant_method";
    private const string BlockField = "weight_block_size";

    // Fields that say which weights are quantised, which their own dtypes say, too, and how activations are quantised, which is
    // not done here.
    private static readonly string[] s_known =
        [MethodField, BlockField, "modules_to_not_convert", "ignored_layers", "dequantize", "activation_scheme", "fmt", "scale_fmt"];

    /// <summary>The quantisation, if its method is this one.</summary>
    public static WeightQuantization? Read(ConfigFields json, string method)
    {
        if (json.Peek(WeightQuantization.Field) is not { ValueKind: JsonValueKind.Object } fields || Method(fields) != method) return null;
        json.Find(WeightQuantization.Field);
        foreach (var field in fields.EnumerateObject())
        {
            if (!s_known.Contains(field.Name) && field.Value.ValueKind != JsonValueKind.Null)
                throw json.Wrong($"{WeightQuantization.Field}.{field.Name}", $"is {ConfigFields.Shorten(field.Value)}; this is not implemented");
        }

        if (!fields.TryGetProperty(BlockField, out var block) || block.ValueKind == JsonValueKind.Null) return new WeightQuantization(method);
        if (method == WeightQuantization.Fp8 && block.ValueKind == JsonValueKind.Array && block.GetArrayLength() == 2
            && ConfigFields.Whole(block[0], 1, ConfigFields.Largest) is { } rows
            && ConfigFields.Whole(block[1], 1, ConfigFields.Largest) is { } columns)
        {
            return new WeightQuantization(method, (rows, columns));
        }

        throw json.Wrong(
            $"{WeightQuantization.Field}.{BlockField}",
            $"is {ConfigFields.Shorten(block)}; "
                + $"{(method == WeightQuantization.Fp8 ? "two whole numbers from 1 are needed, rows and columns" : $"{method} has none")}");
    }

    /// <summary>The method that a quantization_config names; null where it names none.</summary>
    public static string? Method(JsonElement fields) =>
        fields.ValueKind == JsonValueKind.Object && fields.TryGetProperty(MethodField, out var method) && method.ValueKind == JsonValueKind.String
            ? method.GetString()
            : null;
}
