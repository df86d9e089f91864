using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// The outliers among the weights of decoder layers: those whose magnitude is more than five times the mean of their matrix (the
/// layerwise outlier distribution of arXiv 2310.05175 and 2405.18380, without their activations of calibration data). Counted when a
/// run begins and kept in its manifests.
/// </summary>
internal static class LayerOutliers
{
    private const string Property = "layer_outliers";
    private const double Multiple = 5;

    /// <summary>What a manifest says of each layer; null where it says nothing.</summary>
    /// <exception cref="InvalidDataFileException">It says something else.</exception>
    public static IReadOnlyList<double>? Of(Manifest manifest, int layerCount)
    {
        if (!manifest.Properties.TryGetValue(Property, out var json)) return null;
        try
        {
            var shares = JsonSerializer.Deserialize<double[]>(json) ?? [];
            return shares.Length == layerCount && shares.All(s => s is >= 0 and <= 1) ? shares : throw Wrong("other numbers");
        }
        catch (JsonException)
        {
            throw Wrong("something else");
        }

        InvalidDataFileException Wrong(string what) => new(
            $"manifest of {manifest.Run}", $"field 'Properties.{Property}' must hold {layerCount} numbers from 0 to 1, and holds {what}");
    }

    /// <summary>Notes them in a manifest's properties.</summary>
    public static void AddTo(Dictionary<string, string> properties, IReadOnlyList<double> shares) =>
        properties.Add(Property, JsonSerializer.Serialize(shares));

    /// <summary>The share of outliers among the weights of a layer's matrices.</summary>
    /// <param name="weights">The layer's weights; vectors do not count. They are not owned.</param>
    public static double Share(IEnumerable<Tensor> weights)
    {
        using var mode = no_grad();
        var (outliers, count) = (0L, 0L);
        foreach (var matrix in weights.Where(w => w.shape.Length > 1).SelectMany(Matrices))
        {
            using var scope = NewDisposeScope();
            var magnitude = matrix.to(ScalarType.Float32).abs();
            outliers += magnitude.gt(magnitude.mean().Times(Multiple)).sum().item<long>();
            count += magnitude.numel();
        }

        return count == 0 ? 0 : (double)outliers / count;
    }

    // Each expert of a stack is a matrix of its own.
    private static IEnumerable<Tensor> Matrices(Tensor tensor)
    {
        if (tensor.shape.Length == 2)
        {
            yield return tensor;
            yield break;
        }

        for (long i = 0; i < tensor.shape[0]; i++)
        {
            using var slice = tensor.select(0, i);
            foreach (var matrix in Matrices(slice)) yield return matrix;
        }
    }
}
