using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using LisaOrleans.Client;

namespace LisaOrleans.Cluster.Tests;

/// <summary>The program of docs/client.md, compiled and run.</summary>
[Collection(nameof(LivingSilos))]
public sealed partial class ClientPageTests(ClusterFixture fixture)
{
    [Fact]
    public async Task Page_program_trains_a_run_and_downloads_its_model()
    {
        var client = fixture.Cluster.Client;
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Executables.Repository;
        try
        {
            await ProgramOfThePage(client);
            Assert.True(File.Exists("out/third/model.safetensors"));
        }
        finally
        {
            if (Directory.Exists("out/third")) Directory.Delete("out/third", recursive: true);
            Environment.CurrentDirectory = before;
        }
    }

    [Fact]
    public void Page_program_is_the_one_tested_here() =>
        Assert.Equal(
            PageProgram.Lines(Block().Match(File.ReadAllText(Path.Combine(Executables.Repository, "docs", "client.md"))).Groups[1].Value),
            PageProgram.OfTest(Source()));

    private static async Task ProgramOfThePage(LisaClient client)
    {
        // page
        await client.SubmitAsync(new RunRequest
        {
            ModelFolder = "samples/tiny-stories",
            DataFile = "samples/animals.jsonl",
            Spec = new TrainingSpec { RunName = "third", MaxSteps = 20, LearningRate = 1e-3 },
        });
        await foreach (var happened in client.WatchAsync("third"))
            if (happened is StepCompleted { Record: var step }) Console.WriteLine($"step {step.Step}: loss {step.Loss:0.0000}");
        await client.DownloadModelAsync("third", "out/third");
        // end of page
    }

    private static string Source([CallerFilePath] string path = "") => path;

    [GeneratedRegex("ClientPageTests.*?```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
