using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>Settings whose default depends on the model.</summary>
internal static class ModelSettings
{
    private const int LongestDefaultBlock = 1024;

    public static ModelConfig ReadConfig(string modelPath) =>
        ModelConfigReader.ReadFile(File.Exists(modelPath) ? modelPath : Path.Combine(modelPath, ModelFolder.ConfigFile));

    public static int BlockSize(SettingValues values, ModelConfig config)
    {
        var longest = config.MaxSequenceLength;
        if (!values.Has(KnownSettings.BlockSize)) return Math.Min(longest, LongestDefaultBlock);
        return values.Integer(KnownSettings.BlockSize) is >= 2 and var size && size <= longest
            ? (int)size
            : throw new UsageException(
                $"{values.Place(KnownSettings.BlockSize.Key)}: '{values.Text(KnownSettings.BlockSize)}' must be from 2 to {longest}, the model's longest sequence");
    }

    /// <summary>The dtype asked for, else the one that the model is in.</summary>
    public static string Dtype(SettingValues values, ModelConfig config, string? modelFolder)
    {
        var given = values.Text(KnownSettings.Dtype);
        if (given != "auto") return given;
        if (config.TorchDtype is { } stated and not "auto" && KnownSettings.Dtype.Choices!.Contains(stated)) return stated;
        if (modelFolder is null) return "bfloat16";
        using var folder = ModelFolder.Open(modelFolder);
        return folder.Dtype;
    }

    /// <summary>The intra-op threads asked for, if any.</summary>
    public static int? Threads(SettingValues values) => values.OptionalInteger(KnownSettings.Threads) switch
    {
        null => null,
        >= 1 and <= 1024 and var threads => (int)threads,
        var wrong => throw new UsageException($"{values.Place(KnownSettings.Threads.Key)}: '{wrong}' must be from 1 to 1024"),
    };

    /// <summary>Pins the intra-op threads of this process.</summary>
    public static void PinThreads(SettingValues values)
    {
        if (Threads(values) is { } threads) TorchSharp.torch.set_num_threads(threads);
    }
}
