using System.Text.Json.Nodes;

namespace LisaOrleans.Cli.Tests;

/// <summary>The repository's sample model and data, and commands with them.</summary>
internal static class Sample
{
    /// <summary>The block size of <see cref="Train"/>.</summary>
    public const int BlockSize = 64;

    public static string Model { get; } = Path.Combine(Repository.Root, "samples", "tiny-stories");

    public static string Data { get; } = Path.Combine(Repository.Root, "samples", "animals.jsonl");

    public static string HeldOut { get; } = Path.Combine(Repository.Root, "samples", "animals-held-out.jsonl");

    /// <summary>A short training; later flags are added, with the model or the data replaced where given.</summary>
    public static string[] Train(string output, string? model = null, string? data = null, params string[] more) =>
    [
        "train", "--model", model ?? Model, "--data", data ?? Data, "--output", output, "--threads", "1",
        "--learning-rate", "1e-3", .. Unless("--per-device-train-batch-size", "2", more), .. Unless("--block-size", $"{BlockSize}", more),
        .. more.Contains("full") ? (string[])[] : ["--lisa-interval-steps", "5"], .. more,
    ];

    /// <summary>A copy of the model to be damaged.</summary>
    public static string CopyModel(TempFolder folder)
    {
        var copy = folder["model"];
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(Model)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    /// <summary>A copy with another config.json.</summary>
    public static string CopyModel(TempFolder folder, Action<JsonObject> change)
    {
        var copy = CopyModel(folder);
        var path = Path.Combine(copy, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
        return copy;
    }

    /// <summary>Whatever was refused has left no file behind.</summary>
    public static void HasNoFiles(string folder)
    {
        if (Directory.Exists(folder)) Assert.Empty(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
    }

    private static string[] Unless(string flag, string value, string[] given) => given.Contains(flag) ? [] : [flag, value];
}
