using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Tests;

/// <summary>SentencePiece's own programs: they train small models and say what ids they give.</summary>
internal static class SentencePieceProgram
{
    /// <summary>Trains tokenizer.model in a folder, or skips the test where the programs are not there.</summary>
    public static void Train(TempFolder folder, string options)
    {
        Assert.SkipUnless(OnPath("spm_train"), "no spm_train; eng/test-services.sh gets Debian's package sentencepiece");
        File.WriteAllLines(folder["corpus.txt"], Corpus());
        Run("spm_train",
            $"--input={folder["corpus.txt"]} --model_prefix={folder["tokenizer"]} --minloglevel=2 --hard_vocab_limit=false "
            + $"--num_threads=2 {options}", []);
    }

    /// <summary>Ids of texts without line ends.</summary>
    public static IReadOnlyList<int[]> Encode(TempFolder folder, IReadOnlyList<string> texts) =>
        [.. Run("spm_encode", $"--model={folder["tokenizer.model"]} --output_format=id", texts)
            .Select(
                line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToArray())];

    /// <summary>Texts of ids.</summary>
    public static IReadOnlyList<string> Decode(TempFolder folder, IReadOnlyList<int[]> ids) =>
        Run("spm_decode", $"--model={folder["tokenizer.model"]} --input_format=id", [.. ids.Select(i => string.Join(' ', i))]);

    private static IEnumerable<string> Corpus()
    {
        var sources = Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Order(StringComparer.Ordinal).SelectMany(File.ReadLines);
        var hard = HardTexts.Written.Where((_, i) => i % 3 == 0).SelectMany(t => t.Split('\n'));
        return sources.Concat(hard).Select(l => l.Replace("\0", "", StringComparison.Ordinal)).Where(l => l.Length is > 0 and < 500);
    }

    private static List<string> Run(string program, string arguments, IReadOnlyList<string> lines)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false),
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var writes = Task.Run(() =>
        {
            foreach (var line in lines) process.StandardInput.Write(line + "\n");
            process.StandardInput.Close();
        });
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        writes.Wait();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {errors.Result}");
        var result = output.Split('\n').ToList();
        result.RemoveAt(result.Count - 1);
        return result;
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
