using System.Runtime.CompilerServices;
using LLama;
using LLama.Common;
using LLama.Native;

namespace LisaOrleans.Gguf.Tests;

/// <summary>A GGUF file as llama.cpp reads it, by way of LLamaSharp.</summary>
internal sealed class LlamaModel : IDisposable
{
    private readonly LLamaWeights _weights;
    private readonly ModelParams _parameters;

    public LlamaModel(string path, bool vocabularyOnly = false)
    {
        _parameters = new ModelParams(path)
        {
            ContextSize = 128,
            GpuLayerCount = 0,
            Threads = 1,
            BatchThreads = 1,
            VocabOnly = vocabularyOnly,

            // As we keep keys and values of float32; by default they are rounded.
            TypeK = GGMLType.GGML_TYPE_F32,
            TypeV = GGMLType.GGML_TYPE_F32,
            FlashAttention = false,
        };
        _weights = LLamaWeights.LoadFromFile(_parameters);
    }

    /// <summary>The file's metadata by key.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _weights.Metadata;

    public void Dispose() => _weights.Dispose();

    /// <summary>Ids of a text, without a begin token; special tokens are recognised on request.</summary>
    public int[] Encode(string text, bool special) =>
        [.. _weights.NativeHandle.Tokenize(text, false, special, System.Text.Encoding.UTF8).Select(t => (int)t)];

    /// <summary>The likeliest tokens after a prompt, whatever they are, and the logits behind the prompt.</summary>
    public (int[] Tokens, float[] Logits) Continue(IReadOnlyList<int> prompt, int count)
    {
        using var context = _weights.CreateContext(_parameters);
        var (made, first) = (new List<int>(), Array.Empty<float>());
        var position = 0;
        IEnumerable<int> input = prompt;
        while (made.Count < count)
        {
            var batch = new LLamaBatch();
            var ids = input.ToArray();
            for (var i = 0; i < ids.Length; i++) batch.Add(ids[i], position++, LLamaSeqId.Zero, i == ids.Length - 1);
            Assert.Equal(DecodeResult.Ok, context.NativeHandle.Decode(batch));
            var logits = context.NativeHandle.GetLogitsIth(ids.Length - 1).ToArray();
            if (made.Count == 0) first = logits;
            made.Add(Array.IndexOf(logits, logits.Max()));
            input = [made[^1]];
        }

        return ([.. made], first);
    }

    [ModuleInitializer]
    internal static void Configure() => NativeLibraryConfig.All.WithAvx(AvxLevel.None).WithLogCallback((_, _) => { });
}
