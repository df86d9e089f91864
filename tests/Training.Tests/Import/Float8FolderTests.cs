using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training.Tests;

/// <summary>Weights of 8 bits, without scales and with, against the formulas of OCP's specification OFP8.</summary>
public sealed class Float8FolderTests
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Down = "model.layers.1.mlp.down_proj.weight";

    private const string Config = """
        {
          "model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 8,
          "num_key_value_heads": 1, "vocab_size": 512, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
          "tie_word_embeddings": true, "torch_dtype": "bfloat16", "eos_token_id": 2
        }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("F8_E4M3", ScalarType.Float32)]
    [InlineData("F8_E4M3", ScalarType.BFloat16)]
    [InlineData("F8_E4M3", ScalarType.Float16)]
    [InlineData("F8_E5M2", ScalarType.Float32)]
    [InlineData("F8_E5M2", ScalarType.BFloat16)]
    [InlineData("F8_E5M2", ScalarType.Float16)]
    public void Read_each_code_is_the_number_that_it_means(string dtype, ScalarType wanted)
    {
        using var folder = new TempFolder();
        using var model = Open(folder, null, Model(dtype));
        Assert.Equal("bfloat16", model.Dtype);
        using var weight = model.Read(Embedding, wanted);
        Assert.Equal(wanted, weight.dtype);
        Assert.Equal(Codes(512 * 16).Select(c => Value(dtype, c)), Doubles(weight));
    }

    [Fact]
    public void Value_largest_and_smallest_are_those_of_the_specification()
    {
        // OFP8, table 1.
        double[] e4m3 = [.. Enumerable.Range(0, 256).Select(c => Value("F8_E4M3", c)).Where(double.IsFinite)];
        double[] e5m2 = [.. Enumerable.Range(0, 256).Select(c => Value("F8_E5M2", c)).Where(double.IsFinite)];
        Assert.Equal((254, 448, Math.Pow(2, -9)), (e4m3.Length, e4m3.Max(), e4m3.Where(v => v > 0).Min()));
        Assert.Equal((248, 57344, Math.Pow(2, -16)), (e5m2.Length, e5m2.Max(), e5m2.Where(v => v > 0).Min()));
    }

    [Theory]
    [InlineData(5, 7, "F32")]
    [InlineData(16, 8, "F32")]
    [InlineData(128, 128, "BF16")]
    public void Read_scales_of_blocks_multiply_even_smaller_blocks_at_the_edge(int rows, int columns, string dtype)
    {
        var tensors = Model("BF16");
        var across = (24 + columns - 1) / columns;
        double[] scales = [.. Enumerable.Range(0, (16 + rows - 1) / rows * across).Select(i => 0.25 + (i / 8.0))];
        Quantize(tensors, scales, dtype, (16 + rows - 1) / rows, across);
        using var folder = new TempFolder();
        using var model = Open(folder, $"[{rows}, {columns}]", tensors);
        using var weight = model.Read(Down, ScalarType.Float32);
        Assert.Equal(
            Codes(16 * 24).Select((c, i) => (double)(float)(Value("F8_E4M3", c) * scales[(i / 24 / rows * across) + (i % 24 / columns)])),
            Doubles(weight));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("null", 1L)]
    public void Read_single_scale_multiplies_and_scales_for_activations_are_ignored(string block, params long[] shape)
    {
        var tensors = Model("BF16");
        Quantize(tensors, [0.375], "BF16", shape);
        tensors.Add(RawTensor.BFloat16(Down.Replace(".weight", ".activation_scale", StringComparison.Ordinal), [], [0.5]));
        using var folder = new TempFolder();
        using var model = Open(folder, block, tensors);
        using var weight = model.Read(Down, ScalarType.BFloat16);
        Assert.Equal(Codes(16 * 24).Select(c => Value("F8_E4M3", c) * 0.375), Doubles(weight));
    }

    [Fact]
    public async Task ExportAsync_scaled_weights_have_plain_names_and_a_config_without_quantisation()
    {
        var tensors = Model("BF16");
        Quantize(tensors, [1, 2], "F32", 2, 1);
        using var folder = new TempFolder();
        Open(folder, "[8, 24]", tensors).Dispose();
        var store = new FolderBlobStore(folder["store"]);
        var spec = TinyStories.Spec(1) with { BlockSize = 16, Dtype = "auto" };
        await RunImporter.ImportAsync(store, TinyStories.Request(spec, folder["model"]), null, Token);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);

        using var reader = SafetensorsReader.OpenFile(folder["out/model.safetensors"]);
        var config = ModelConfigReader.ReadFile(folder["out/config.json"]);
        Assert.Equal(config.AllSpecs().Select(s => s.Name).Order(StringComparer.Ordinal), reader.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(reader.Tensors.Values, t => Assert.Equal(TensorDType.BF16, t.DType));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Config), JsonNode.Parse(await File.ReadAllTextAsync(folder["out/config.json"], Token))));
    }

    [Fact]
    public async Task ImportAsync_plain_codes_train_in_bfloat16_whatever_config_json_calls_them()
    {
        using var folder = new TempFolder();
        GptOssFolder.Write(
            folder["model"], TinyStories.Model,
            JsonNode.Parse(Config.Replace("\"bfloat16\"", "\"float8_e4m3fn\"", StringComparison.Ordinal))!.AsObject(), Model("F8_E4M3"));
        var store = new FolderBlobStore(folder["store"]);
        var spec = TinyStories.Spec(1) with { BlockSize = 16, Dtype = "auto" };
        var imported = await RunImporter.ImportAsync(store, TinyStories.Request(spec, folder["model"]), null, Token);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);
        Assert.Equal("bfloat16", imported.Spec.Dtype);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Config), JsonNode.Parse(await File.ReadAllTextAsync(folder["out/config.json"], Token))));
    }

    [Theory]
    [InlineData("[8, 24]", "F32", new long[] { 1, 2 }, "weight_scale_inv' has shape [1, 2]; config.json makes it [2, 1]")]
    [InlineData("[8, 24]", "F32", new long[] { 2 }, "weight_scale_inv' has shape [2]; config.json makes it [2, 1]")]
    [InlineData("null", "F32", new long[] { 2, 1 }, "weight_scale_inv' has shape [2, 1]; config.json makes it [1]")]
    [InlineData("[8, 24]", "I32", new long[] { 2, 1 }, "weight_scale_inv' is I32; scales must be F32, BF16, F16")]
    public void Open_scales_of_another_shape_or_dtype_are_refused(string block, string dtype, long[] shape, string says)
    {
        var tensors = Model("BF16");
        Quantize(tensors, [1, 2], "F32", 2, 1);
        tensors[^1] = tensors[^1] with { DType = dtype, Shape = shape };
        Refuses(block, tensors, says);
    }

    [Fact]
    public void Open_missing_scales_or_scales_of_no_weight_are_refused()
    {
        var tensors = Model("BF16");
        Quantize(tensors, [1, 2], "F32", 2, 1);
        Refuses("[8, 24]", tensors[..^1], $"tensor '{Down}' is F8_E4M3 and has no scale; quantization_config says that '{Down}_scale_inv' is there");
        var lost = $"tensor '{Down}' is F8_E4M3 beside matrices of more bits, which is how quantised ones are stored, "
            + "and config.json has no quantization_config";
        Refuses(null, tensors, lost);
        Refuses(null, tensors[..^1], lost);

        tensors = Model("BF16");
        tensors.Add(RawTensor.Float32(Down + "_scale_inv", [2, 1], [1, 2]));
        Refuses("[8, 24]", tensors, $"tensor '{Down}_scale_inv' does not belong");
    }

    [Theory]
    [InlineData("[8]")]
    [InlineData("[8,0]")]
    [InlineData("128")]
    public void Open_impossible_block_size_is_refused(string block)
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<ModelConfigException>(() => Open(folder, block, Model("BF16")));
        Assert.Contains($"field 'quantization_config.weight_block_size' is {block}; two whole numbers", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_scale_that_is_not_finite_is_refused()
    {
        var tensors = Model("BF16");
        Quantize(tensors, [1, double.NaN], "F32", 2, 1);
        using var folder = new TempFolder();
        using var model = Open(folder, "[8, 24]", tensors);
        var e = Assert.Throws<InvalidDataFileException>(() => model.Read(Down, ScalarType.BFloat16));
        Assert.Contains($"tensor '{Down}_scale_inv' holds a scale that is not a finite number", e.Message, StringComparison.Ordinal);
    }

    // Sign, exponent, mantissa; an exponent of 0 has no leading one. E4M3 has one NaN for each sign and no infinities.
    private static double Value(string dtype, int code)
    {
        var (bits, bias) = dtype == "F8_E4M3" ? (3, 7) : (2, 15);
        var (sign, exponent, mantissa) = (code >= 128 ? -1 : 1, code % 128 >> bits, code % (1 << bits));
        if (dtype == "F8_E4M3" && code % 128 == 127) return double.NaN;
        if (dtype == "F8_E5M2" && exponent == 31) return mantissa == 0 ? sign * double.PositiveInfinity : double.NaN;
        var fraction = mantissa / (double)(1 << bits);
        return sign * (exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias));
    }

    private static IEnumerable<int> Codes(int count) => Enumerable.Range(0, count).Select(i => i * 37 % 256);

    private static double[] Doubles(Tensor tensor)
    {
        using var values = tensor.to(ScalarType.Float64, copy: true);
        return values.data<double>().ToArray();
    }

    // All weights in the dtype, of 8 bits or bfloat16.
    private static List<RawTensor> Model(string dtype) =>
    [
        .. ModelConfigReader.Parse(Config, "config.json").AllSpecs().Select(s => dtype == "BF16"
            ? RawTensor.BFloat16(s.Name, [.. s.Shape], Enumerable.Range(0, (int)s.Count).Select(i => ((i % 9) - 4) / 32.0))
            : new RawTensor(s.Name, dtype, [.. s.Shape], [.. Codes((int)s.Count).Select(c => (byte)c)])),
    ];

    private static void Quantize(List<RawTensor> tensors, double[] scales, string dtype, params long[] shape)
    {
        var at = tensors.FindIndex(t => t.Name == Down);
        tensors[at] = new RawTensor(Down, "F8_E4M3", tensors[at].Shape, [.. Codes(16 * 24).Select(c => (byte)c)]);
        tensors.Add(dtype == "F32" ? RawTensor.Float32(Down + "_scale_inv", shape, scales) : RawTensor.BFloat16(Down + "_scale_inv", shape, scales));
    }

    private static ModelFolder Open(TempFolder folder, string? block, List<RawTensor> tensors)
    {
        var config = JsonNode.Parse(Config)!.AsObject();
        if (block is not null)
        {
            config["quantization_config"] = JsonNode.Parse(
                $$"""{"quant_method": "fp8", "activation_scheme": "dynamic", "modules_to_not_convert": ["lm_head"],"""
                    + $$""" "weight_block_size": {{block}} }""");
        }

        GptOssFolder.Write(folder["model"], TinyStories.Model, config, tensors);
        return ModelFolder.Open(folder["model"]);
    }

    private static void Refuses(string? block, List<RawTensor> tensors, string says)
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<InvalidDataFileException>(() => Open(folder, block, tensors));
        Assert.StartsWith(folder["model"], e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }
}
