using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Gguf.Tests;

/// <summary>Every number type, on a real model.</summary>
public sealed class GgufTypeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(GgufType.F32, 40)]
    [InlineData(GgufType.F16, 40)]
    [InlineData(GgufType.BF16, 40)]
    [InlineData(GgufType.Q8_0, 40)]
    public async Task Export_of_a_real_model_says_what_the_model_says(GgufType type, int count)
    {
        using var folder = new TempFolder();
        var model = TestAssets.Require("stories260K");
        var path = await ModelFolderOf.ExportAsync(folder, model, type, Token);
        Assert.Equal(folder[$"gguf/test-{type}.gguf"], path);
        using var llama = new LlamaModel(path);
        var tokenizer = TokenizerLoader.Load(model);
        foreach (var text in (string[])["Once upon a time", "Lily and her mom went to the park.", "The dog was sad because"])
        {
            int[] prompt = [1, .. tokenizer.Encode(text)];
            Assert.Equal(prompt[1..], llama.Encode(text, special: false));
            Assert.Equal(ModelFolderOf.Continue(folder["hf"], prompt, count).Tokens, llama.Continue(prompt, count).Tokens);
        }
    }

    [Theory]
    [InlineData(GgufType.F32, "float32")]
    [InlineData(GgufType.F16, "float32")]
    [InlineData(GgufType.BF16, "bfloat16")]
    [InlineData(GgufType.Q8_0, "float32")]
    [InlineData(GgufType.Q8_0, "bfloat16")]
    public async Task Export_holds_the_models_numbers_as_near_as_the_type_can(GgufType type, string dtype)
    {
        using var folder = new TempFolder();
        var path = await ModelFolderOf.ExportAsync(folder, TestAssets.Require("stories260K"), type, Token, dtype: dtype);
        var file = new GgufFile(path);
        using var reader = SafetensorsReader.OpenFile(folder["hf/model.safetensors"]);
        Assert.Equal(reader.Tensors.Count, file.Tensors.Count());
        foreach (var (name, other) in (ReadOnlySpan<(string, string)>)
        [
            ("token_embd.weight", "model.embed_tokens.weight"), ("output_norm.weight", "model.norm.weight"),
            ("blk.4.ffn_down.weight", "model.layers.4.mlp.down_proj.weight"), ("blk.2.ffn_up.weight", "model.layers.2.mlp.up_proj.weight"),
            ("blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight"), ("blk.1.attn_v.weight", "model.layers.1.self_attn.v_proj.weight"),
        ])
        {
            var info = reader.Tensors[other];
            var (dimensions, stored) = file.Shape(name);
            Assert.Equal(info.Shape.Reverse(), dimensions);
            var wanted = info.Shape.Count == 1 ? GgufType.F32 : type == GgufType.Q8_0 && dimensions[0] % 32 != 0 ? GgufType.F16 : type;
            Assert.Equal((uint)wanted, stored);
            var (numbers, tolerance) = file.Read(name);
            var exact = new float[numbers.Length];
            new WeightView(other, info.DType, info.Shape, info.DType, reader.Pointer(info)).Read(0, exact);
            for (var i = 0; i < exact.Length; i++) Assert.InRange(Math.Abs(exact[i] - numbers[i]), 0, tolerance[i]);
        }
    }
}
