using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>How commands that load a model themselves read their settings.</summary>
internal static class ModelSettings
{
    public static ModelConfig ReadConfig(string modelPath, bool ofRun = false) =>
        ModelConfigReader.ReadFile(File.Exists(modelPath) ? modelPath : Path.Combine(modelPath, ModelFolder.ConfigFile), ofRun);

    /// <summary>Says which files of weights in a folder are not read, where there are two sets of them.</summary>
    /// <exception cref="InvalidDataFileException">The index cannot be read.</exception>
    public static void TellUnread(string modelFolder)
    {
        if (WeightFiles.DescribeUnread(modelFolder) is { } unread) ErrorReport.Write($"warning: {unread}");
    }

    /// <summary>The longest sample in tokens.</summary>
    public static int BlockSize(TrainingSpec spec, ModelConfig config)
    {
        TrainingSpecValidator.CheckBlockSize(spec.BlockSize, config);
        return DerivedSettings.BlockSize(spec.BlockSize, config);
    }

    /// <summary>The dtype asked for, else the one that the model is in.</summary>
    public static string Dtype(TrainingSpec spec, ModelConfig config, string modelFolder, bool ofRun = false) => DerivedSettings.Dtype(spec.Dtype, config, () =>
    {
        using var folder = ModelFolder.Open(modelFolder, ofRun);
        return folder.Dtype;
    });

    /// <summary>Pins the intra-op threads of this process, if any were asked for.</summary>
    public static void PinThreads(TrainingSpec spec)
    {
        if (spec.Threads > 0) TorchSharp.torch.set_num_threads(spec.Threads);
    }
}
