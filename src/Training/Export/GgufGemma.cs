using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What Gemma 2 and 3 have beyond the others: windows in a fixed pattern of layers, soft caps, a scale of scores.</summary>
internal static class GgufGemma
{
    private const double LocalTheta = 10000;

    /// <summary>Gemma 2.</summary>
    public static GgufArchitecture Of(Gemma2 gemma, GgufArchitecture architecture)
    {
        GgufArchitectures.Is(gemma.TieWordEmbeddings, true, "tie_word_embeddings");
        CheckScale(gemma, gemma.QueryPreAttnScalar, layersOfLargest: 46);
        return architecture with
        {
            AddsOneToNorms = true,
            More =
            [
                .. architecture.More,
                new("attention.sliding_window", (uint)Window(gemma, gemma.Windows, i => i % 2 == 0)),
                new("attn_logit_softcapping", (float)Cap(gemma.AttnLogitSoftcapping, "attn_logit_softcapping")),
                new("final_logit_softcapping", (float)Cap(gemma.FinalLogitSoftcapping, "final_logit_softcapping")),
            ],
        };
    }

    /// <summary>Gemma 3.</summary>
    public static GgufArchitecture Of(Gemma3 gemma, GgufArchitecture architecture)
    {
        GgufArchitectures.Is(gemma.AttnLogitSoftcapping, null, "attn_logit_softcapping");
        GgufArchitectures.Is(gemma.FinalLogitSoftcapping, null, "final_logit_softcapping");
        GgufArchitectures.Is(gemma.LocalRope.Theta, LocalTheta, "rope_local_base_freq");
        GgufArchitectures.Is(gemma.LocalRope.Scaling, null, "rope_parameters.sliding_attention");
        CheckScale(gemma, gemma.QueryPreAttnScalar, layersOfLargest: 62);
        return architecture with
        {
            AddsOneToNorms = true,
            More = [.. architecture.More, new("attention.sliding_window", (uint)Window(gemma, gemma.Windows, i => (i + 1) % 6 != 0))],
        };
    }

    // The largest model, recognised by its number of layers, divides by a different number than the others.
    private static void CheckScale(GemmaConfig gemma, double scalar, int layersOfLargest) => GgufArchitectures.Is(
        scalar,
        gemma.NumHiddenLayers == layersOfLargest ? (double)gemma.HiddenSize / gemma.NumAttentionHeads : gemma.HeadDim,
        "query_pre_attn_scalar");

    private static double Cap(double? cap, string field) => cap
        ?? throw new InvalidDataFileException(ModelFileNames.Config, $"field '{field}' is null; for an export as GGUF it must be a number");

    private static int Window(GemmaConfig gemma, IReadOnlyList<int?> windows, Func<int, bool> isLocal)
    {
        var window = windows.Max() ?? gemma.MaxPositionEmbeddings;
        for (var i = 0; i < windows.Count; i++)
        {
            var seen = Math.Min(windows[i] ?? int.MaxValue, gemma.MaxPositionEmbeddings);
            if (seen != Math.Min(isLocal(i) ? window : int.MaxValue, gemma.MaxPositionEmbeddings))
            {
                throw new InvalidDataFileException(
                    ModelFileNames.Config,
                    $"field 'layer_types' gives layer {i} another window than layers have in files of GGUF for {gemma.ModelType}");
            }
        }

        return window;
    }
}
