using System.Security.Cryptography;
using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>What training leaves in its output folder.</summary>
internal static class RunFolder
{
    /// <summary>SHA-256 of model.safetensors.</summary>
    public static string WeightsSha(string output) =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(output, "model.safetensors"))));

    /// <summary>Step, loss and the other numbers of each line of trainer_log.jsonl, digit by digit as they are written; not the times.</summary>
    public static string[] Log(string output) =>
        [.. File.ReadLines(Path.Combine(output, "trainer_log.jsonl")).Select(line =>
        {
            using var entry = JsonDocument.Parse(line);
            return string.Join(' ', ((string[])["step", "loss", "learning_rate", "grad_norm", "epoch", "active_layers"])
                .Select(name => entry.RootElement.GetProperty(name).GetRawText()));
        })];

    /// <summary>The steps of trainer_log.jsonl, in the order of its lines.</summary>
    public static int[] Steps(string output) =>
        [.. Log(output).Select(l => int.Parse(l.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>Both folders hold the same result to the bit, with each step logged once.</summary>
    public static void AreEqual(string expected, string actual, int steps)
    {
        Assert.Equal(Enumerable.Range(1, steps), Steps(actual));
        Assert.Equal(Log(expected), Log(actual));
        Assert.Equal(EventFile.Lines(expected), EventFile.Lines(actual));
        Assert.Equal(File.ReadAllText(Path.Combine(expected, "ledger.jsonl")), File.ReadAllText(Path.Combine(actual, "ledger.jsonl")));
        Assert.Equal(WeightsSha(expected), WeightsSha(actual));
        Assert.Empty(Directory.GetFiles(actual, "*.partial"));
    }
}
