using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Tests;

/// <summary>The repository's sample model and data, and settings under which it trains a dozen steps a second.</summary>
internal static class TinyStories
{
    public const int Layers = 6;

    public static string Model { get; } = Path.Combine(Repository.Root, "samples", "tiny-stories");

    public static string Data { get; } = Path.Combine(Repository.Root, "samples", "animals.jsonl");

    /// <summary>Lines like the data's that are not in it.</summary>
    public static string HeldOut { get; } = Path.Combine(Repository.Root, "samples", "animals-held-out.jsonl");

    /// <summary>Questions of the data with an answer that is right and one about another animal.</summary>
    public static string Pairs { get; } = Path.Combine(Repository.Root, "samples", "animals-pairs.jsonl");

    public static ModelConfig Config { get; } = ModelConfigReader.ReadFile(Path.Combine(Model, "config.json"));

    public static TrainingSpec Spec(long steps) => new()
    {
        RunName = "test",
        LisaIntervalSteps = 4,
        MaxSteps = steps,
        LearningRate = 1e-3,
        PerDeviceTrainBatchSize = 2,
        BlockSize = 64,
        Dtype = "float32",
        Seed = 5,
        SaveSteps = 3,
        Threads = 1,
    };

    /// <summary>The same for full fine-tuning, which has no periods.</summary>
    public static TrainingSpec FullSpec(long steps) => Spec(steps) with
    {
        Method = TrainingMethods.Full,
        LisaIntervalSteps = new TrainingSpec { RunName = "defaults" }.LisaIntervalSteps,
    };

    /// <summary>The same for BAdam.</summary>
    public static TrainingSpec BadamSpec(long steps, int interval) => FullSpec(steps) with
    {
        Method = TrainingMethods.Badam,
        BadamSwitchInterval = interval,
    };

    /// <summary>The same for LoRA.</summary>
    public static TrainingSpec LoraSpec(long steps) => FullSpec(steps) with
    {
        Method = TrainingMethods.Lora,
        LearningRate = 1e-2,
        LoraAlpha = 16,
    };

    public static RunRequest Request(TrainingSpec spec, string? model = null) => new()
    {
        ModelFolder = model ?? Model,
        DataFile = Data,
        Spec = spec,
    };

    /// <summary>The same model with a head of its own: a copy of the embedding.</summary>
    public static async Task<string> UntiedAsync(TempFolder folder, CancellationToken cancellationToken)
    {
        var copy = folder["untied"];
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(Model)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        var config = Path.Combine(copy, "config.json");
        await File.WriteAllTextAsync(
            config,
            (await File.ReadAllTextAsync(config, cancellationToken)).Replace(
                "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", StringComparison.Ordinal),
            cancellationToken);

        using var reader = SafetensorsReader.OpenFile(Path.Combine(Model, "model.safetensors"));
        TensorSource[] tensors =
        [
            .. reader.Tensors.Values.Select(t => new TensorSource(t.Name, t.DType, t.Shape, reader.Pointer(t))),
            .. reader.Tensors.Values.Where(t => t.Name == Config.EmbeddingSpecs()[0].Name)
                .Select(t => new TensorSource("lm_head.weight", t.DType, t.Shape, reader.Pointer(t))),
        ];
        await SafetensorsWriter.WriteFileAsync(
            Path.Combine(copy, "model.safetensors"), tensors, new Dictionary<string, string>(), cancellationToken);
        return copy;
    }
}
