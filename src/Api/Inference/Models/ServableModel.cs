using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Api;

/// <summary>A model that can be loaded for completions. None of it is in memory yet.</summary>
/// <param name="config">Its shape.</param>
/// <param name="dtypes">The number types that it computes in.</param>
/// <param name="version">Differs if the weights, the tokenizer or the template do.</param>
public abstract class ServableModel(ModelConfig config, PartDtypes dtypes, string version)
{
    /// <summary>Its shape.</summary>
    public ModelConfig Config => config;

    /// <summary>The model's version; models with the same version are the same.</summary>
    public string Version => version;

    /// <summary>Bytes of its weights in memory.</summary>
    public long WeightBytes => FormMemory.OfAnswering(config, dtypes);

    /// <summary>Bytes of keys and values for a sequence of the given number of tokens.</summary>
    public long CacheBytes(int tokens) => CacheBytes(config, tokens, dtypes.Compute);

    /// <summary>Bytes of memory that a server has for weights of a model that computes in float32, beside keys and values.</summary>
    internal static long RoomForWeights(ModelConfig config, InferenceOptions options) =>
        options.MaxModelBytes - CacheBytes(config, LongestSequence(config, options), ScalarType.Float32);

    /// <summary>Tokens of the longest sequence that a server takes.</summary>
    internal static int LongestSequence(ModelConfig config, InferenceOptions options) =>
        Math.Min(config.MaxSequenceLength, options.MaxContextTokens);

    /// <summary>Loads it into memory; the caller owns the result.</summary>
    public abstract Task<LoadedModel> LoadAsync(CancellationToken cancellationToken);

    private static long CacheBytes(ModelConfig config, int tokens, ScalarType dtype) => config.CachedNumbers() * tokens * dtype.ElementSize();
}
