using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using static TorchSharp.torch;

namespace LisaOrleans.Training.Tests;

/// <summary>Experts in MXFP4 against OCP's specification, and what is refused.</summary>
public sealed class Mxfp4FolderTests
{
    private const string Experts = "model.layers.1.mlp.experts.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    public void Read_each_code_at_each_scale_is_the_number_that_it_means(ScalarType dtype)
    {
        // Every scale up to that at which 6 is the largest number, and in its block every code on either side of a byte.
        var model = new GptOssFolder();
        var (blocks, scales) = (Tensor(model, "gate_up_proj_blocks"), Tensor(model, "gate_up_proj_scales"));
        for (var b = 0; b < scales.Data.Length; b++) scales.Data[b] = (byte)(b % 253);
        for (var i = 0; i < blocks.Data.Length; i++) blocks.Data[i] = (byte)((16 * ((i + (i / 16)) % 16)) + (i % 16));
        using var folder = new TempFolder();
        using var opened = Open(folder, model);

        var expected = GptOssFolder.Values(blocks.Data, scales.Data, GptOssFolder.Experts, GptOssFolder.Width, 2 * GptOssFolder.Inner);
        Assert.Equal(expected, Read(opened, "gate_up_proj", dtype));
        Assert.Equal(6 * Math.Pow(2, 125), expected.Max());
    }

    [Fact]
    public void Read_mxfp4_folder_has_the_weights_of_the_bfloat16_one()
    {
        var model = new GptOssFolder();
        using var folder = new TempFolder();
        using var opened = Open(folder, model);
        GptOssFolder.Write(folder["plain"], TinyStories.Model, GptOssFolder.PlainConfig, model.Plain);
        using var plain = ModelFolder.Open(folder["plain"]);

        Assert.Equal("bfloat16", opened.Dtype);
        foreach (var spec in plain.Config.AllSpecs())
        {
            using var expected = plain.Read(spec.Name, ScalarType.BFloat16);
            using var actual = opened.Read(spec.Name, ScalarType.BFloat16);
            Assert.Equal(expected.shape, actual.shape);
            Assert.Equal(expected.bytes.ToArray(), actual.bytes.ToArray());
        }
    }

    [Fact]
    public async Task ExportAsync_mxfp4_comes_out_with_the_names_values_and_config_of_the_plain_folder()
    {
        var model = new GptOssFolder();
        using var folder = new TempFolder();
        Open(folder, model).Dispose();
        var store = new FolderBlobStore(folder["store"]);
        var spec = TinyStories.Spec(1) with { BlockSize = 16, Dtype = "auto" };
        await RunImporter.ImportAsync(store, TinyStories.Request(spec, folder["model"]), null, Token);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);

        using var reader = SafetensorsReader.OpenFile(folder["out/model.safetensors"]);
        Assert.Equal(model.Plain.Select(t => t.Name).Order(StringComparer.Ordinal), reader.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, dtype, shape, data) in model.Plain)
        {
            var written = reader.Tensors[name];
            Assert.Equal(dtype, written.DType.Name());
            Assert.Equal(shape, written.Shape);
            Assert.Equal(data, reader.ReadBytes(written));
        }

        var config = JsonNode.Parse(await File.ReadAllTextAsync(folder["out/config.json"], Token));
        Assert.True(JsonNode.DeepEquals(GptOssFolder.PlainConfig, config), config!.ToJsonString());
    }

    [Theory]
    [InlineData(255, "holds the scale 255, which is no number in mxfp4")]
    [InlineData(254, "holds the scale 254, with which numbers of 'model.layers.1.mlp.experts.down_proj_blocks' are beyond those of bfloat16")]
    public void Read_scale_that_makes_no_finite_number_is_refused(byte scale, string says)
    {
        var model = new GptOssFolder();
        Tensor(model, "down_proj_scales").Data[17] = scale;
        using var folder = new TempFolder();
        using var opened = Open(folder, model);
        var e = Assert.Throws<InvalidDataFileException>(() => opened.Read(Experts + "down_proj", ScalarType.BFloat16));
        Assert.Equal($"{folder["model/model.safetensors"]}: tensor '{Experts}down_proj_scales' {says}", e.Message);
    }

    [Fact]
    public void Read_high_scale_of_zeros_gives_zeros()
    {
        var model = new GptOssFolder();
        Tensor(model, "down_proj_scales").Data[0] = 254;
        Tensor(model, "down_proj_blocks").Data.AsSpan(0, 16).Clear();
        using var folder = new TempFolder();
        using var opened = Open(folder, model);
        Assert.Equal(0, Read(opened, "down_proj", ScalarType.BFloat16)[0]);
    }

    [Theory]
    [InlineData("gate_up_proj_blocks", "F8_E4M3", new long[] { 6, 64, 2, 16 }, "is F8_E4M3; blocks must be U8")]
    [InlineData("gate_up_proj_blocks", "U8", new long[] { 6, 64, 4, 8 }, "has shape [6, 64, 4, 8]; config.json makes it [6, 64, 2, 16]")]
    [InlineData("gate_up_proj_scales", "U8", new long[] { 6, 2, 64 }, "has shape [6, 2, 64]; config.json makes it [6, 64, 2]")]
    [InlineData("down_proj_blocks", "U8", new long[] { 6, 32, 2, 16 }, "has shape [6, 32, 2, 16]; config.json makes it [6, 64, 1, 16]")]
    [InlineData("down_proj_scales", "I8", new long[] { 6, 64, 1 }, "is I8; scales must be U8")]
    public void Open_tensor_of_another_shape_or_dtype_is_refused(string name, string dtype, long[] shape, string says)
    {
        var model = new GptOssFolder();
        Change(model, name, t => t with { DType = dtype, Shape = shape });
        Refuses(model, GptOssFolder.Config, $"tensor '{Experts}{name}' {says}");
    }

    [Fact]
    public void Open_missing_tensor_is_refused()
    {
        var model = new GptOssFolder();
        model.Quantized.Remove(Tensor(model, "down_proj_scales"));
        Refuses(model, GptOssFolder.Config, $"tensor '{Experts}down_proj_blocks' has no scales; '{Experts}down_proj_scales' is missing");

        model = new GptOssFolder();
        model.Quantized.Remove(Tensor(model, "down_proj_blocks"));
        Refuses(model, GptOssFolder.Config, $"tensor '{Experts}down_proj' is missing");
        Refuses(new GptOssFolder(), GptOssFolder.PlainConfig, "tensor 'model.layers.0.mlp.experts.gate_up_proj' is missing");
    }

    [Fact]
    public void Open_weight_stored_twice_is_refused()
    {
        var model = new GptOssFolder();
        model.Quantized.Add(model.Plain.Single(t => t.Name == Experts + "down_proj"));
        Refuses(model, GptOssFolder.Config, $"tensor '{Experts}down_proj_blocks' does not belong");
    }

    [Fact]
    public void Open_width_without_whole_blocks_is_refused()
    {
        var model = new GptOssFolder();
        var config = GptOssFolder.Config;
        config["intermediate_size"] = 24;
        model.Quantized.RemoveAll(t => t.Name.Contains("gate_up_proj", StringComparison.Ordinal));
        for (var layer = 0; layer < GptOssFolder.Layers; layer++)
        {
            var name = $"model.layers.{layer}.mlp.experts.gate_up_proj";
            model.Quantized.Add(RawTensor.BFloat16(name, [6, 64, 48], new double[6 * 64 * 48]));
            model.Quantized.Add(RawTensor.BFloat16(name + "_bias", [6, 48], new double[6 * 48]));
        }

        Refuses(model, config, "down_proj_blocks' belongs to matrices with 24 inputs; mxfp4 has blocks of 32");
    }

    private static RawTensor Tensor(GptOssFolder model, string name) => model.Quantized.Single(t => t.Name == Experts + name);

    private static void Change(GptOssFolder model, string name, Func<RawTensor, RawTensor> change)
    {
        var at = model.Quantized.FindIndex(t => t.Name == Experts + name);
        model.Quantized[at] = change(model.Quantized[at]);
    }

    private static ModelFolder Open(TempFolder folder, GptOssFolder model)
    {
        GptOssFolder.Write(folder["model"], TinyStories.Model, GptOssFolder.Config, model.Quantized);
        return ModelFolder.Open(folder["model"]);
    }

    private static void Refuses(GptOssFolder model, JsonObject config, string says)
    {
        using var folder = new TempFolder();
        GptOssFolder.Write(folder["model"], TinyStories.Model, config, model.Quantized);
        var e = Assert.Throws<InvalidDataFileException>(() => ModelFolder.Open(folder["model"]));
        Assert.StartsWith(folder["model"], e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    private static double[] Read(ModelFolder folder, string name, ScalarType dtype)
    {
        using var weight = folder.Read(Experts + name, dtype);
        Assert.Equal(dtype, weight.dtype);
        return dtype == ScalarType.BFloat16
            ? [.. MemoryMarshal.Cast<byte, ushort>(weight.bytes.ToArray()).ToArray()
                .Select(bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16))]
            : [.. weight.data<float>().ToArray().Select(v => (double)v)];
    }
}
