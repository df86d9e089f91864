using System.Runtime;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>What a layer is said to keep for its backward pass, beside the C heap while it keeps it.</summary>
[CollectionDefinition(nameof(SavedNumbersTests), DisableParallelization = true)]
[Collection(nameof(SavedNumbersTests))]
public sealed class SavedNumbersTests
{
    private const int Batch = 2;
    private const int Length = 256;
    private const int Width = 256;

    private const string Shape = """
        "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 1, "num_attention_heads": 4, "max_position_embeddings": 256
        """;

    private static readonly Dictionary<string, string> s_families = new()
    {
        ["llama"] = Shape + """, "num_key_value_heads": 2""",
        ["qwen3"] = Shape + """, "num_key_value_heads": 2, "head_dim": 64""",
        ["olmo2"] = Shape + """, "num_key_value_heads": 4""",
        ["gpt2"] = """ "n_embd": 256, "n_layer": 1, "n_head": 4, "n_positions": 256""",
    };

    public static TheoryData<string, string, bool> Layers => new(
        from family in s_families.Keys
        from dtype in (string[])["float32", "bfloat16"]
        from active in (bool[])[false, true]
        select (family, dtype, active));

    [Theory]
    [MemberData(nameof(Layers))]
    public void Bytes_of_a_layer_are_what_a_forward_pass_adds_to_the_heap(string family, string dtype, bool active)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out _), "it reads glibc's counters");
        using var scope = NewDisposeScope();
        var config = ModelConfigReader.Parse(
            $$"""{ "model_type": "{{family}}", "vocab_size": 64, {{s_families[family]}} }""", "config.json");
        var dtypes = PartDtypes.Parse(dtype, "float32");
        var weights = TinyModel.Weights(config, dtype: dtypes.Storage);
        using var layer = new LayerPart(config, 0, dtypes, TinyModel.AdamW, gradientCheckpointing: false, weights);
        if (active) layer.MakeTrainable();

        // The first pass makes tables of positions, and libtorch's own.
        Forward(0).Dispose();
        layer.DiscardMicroBatches();
        using var input = randn([Batch, Length, Width]).to(dtypes.Compute);

        // The median of passes during which .NET compiled nothing, which it does in memory of the same heap.
        var kept = Enumerable.Range(1, 50).Select(Kept).OfType<long>().Take(3).Order().ElementAt(1);
        var planned = Batch * Length * config.SavedByLayer(0, Length).Bytes(active, dtypes.Compute.ElementSize());
        Assert.InRange(kept / (double)planned, 0.93, 1.07);

        long? Kept(int index)
        {
            // What others left is freed now, not in between.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var (compiled, before) = (JitInfo.GetCompiledMethodCount(), Bytes());
            using var output = layer.Forward(index, input.alias(), null, train: true, inputGradient: true);
            var bytes = Bytes() - before;
            layer.DiscardMicroBatches();
            return JitInfo.GetCompiledMethodCount() == compiled ? bytes : null;
        }

        Tensor Forward(int index) => layer.Forward(index, randn([Batch, Length, Width]).to(dtypes.Compute), null, train: true, inputGradient: true);
    }

    private static long Bytes()
    {
        var info = MallocInfo.Read();
        return (long)(info.Used + info.Mapped);
    }
}
