using LisaOrleans.Checkpoints;
using static TorchSharp.torch;

namespace LisaOrleans.Training.Tests;

public sealed class LayerOutliersTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Share_counts_what_is_more_than_five_times_the_mean_of_its_matrix(ScalarType dtype)
    {
        using var scope = NewDisposeScope();

        // 94 ones, 4 of -9 and 2 of 7: the mean is 1.44. The second matrix has a scale of its own, the vector does not count.
        float[] numbers = [.. Enumerable.Repeat(1f, 94), .. Enumerable.Repeat(-9f, 4), 7, 7];
        var first = tensor(numbers, [10, 10]).to(dtype);
        var second = ones(20, 5, dtype: dtype) * tensor(100f).to(dtype);
        var vector = tensor(numbers).to(dtype);
        Assert.Equal(4 / 200.0, LayerOutliers.Share([first, second, vector]));
    }

    [Fact]
    public void Share_of_stacked_experts_takes_each_as_a_matrix()
    {
        using var scope = NewDisposeScope();
        var quiet = ones(10, 10);
        quiet[0, 0] = tensor(50f);

        // Beside its loud neighbour the quiet one's outlier would be none.
        Assert.Equal(1 / 200.0, LayerOutliers.Share([stack([quiet, ones(10, 10) * tensor(1000f)])]));
        Assert.Equal(0, LayerOutliers.Share([]));
    }

    [Theory]
    [InlineData("[0.1,0.2]", null)]
    [InlineData("[0.1]", "must hold 2 numbers from 0 to 1")]
    [InlineData("[0.1,-1]", "must hold 2 numbers from 0 to 1")]
    [InlineData("null", "must hold 2 numbers from 0 to 1")]
    [InlineData("x", "must hold 2 numbers from 0 to 1")]
    public void Of_manifest_gives_its_numbers_or_says_what_is_wrong(string json, string? wrong)
    {
        var manifest = Manifest(new() { ["layer_outliers"] = json });
        if (wrong is null) Assert.Equal([0.1, 0.2], LayerOutliers.Of(manifest, 2));
        else Assert.Contains(wrong, Assert.Throws<InvalidDataFileException>(() => LayerOutliers.Of(manifest, 2)).Message, StringComparison.Ordinal);
        Assert.Null(LayerOutliers.Of(Manifest([]), 2));
    }

    private static Manifest Manifest(Dictionary<string, string> properties) => new()
    {
        Run = "run",
        Generation = 1,
        Step = 0,
        Spec = new BlobRef(new string('a', 64), 1),
        Parts = new Dictionary<string, PartState>(),
        Files = new Dictionary<string, BlobRef>(),
        Log = [],
        Properties = properties,
    };
}
