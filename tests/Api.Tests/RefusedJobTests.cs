using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Api.Tests;

/// <summary>Whoever makes a job is told which of its model, its training data and its validation data is wrong.</summary>
public sealed class RefusedJobTests : IDisposable
{
    private const string Jobs = "v1/fine_tuning/jobs";
    private const string Good = "tiny-stories";

    private readonly TempFolder _folder = new();

    private static string Samples => Path.Combine(Repository.Root, "samples");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Base_model_that_cannot_be_used_is_told_by_its_name_and_not_taken_for_the_store()
    {
        var (wrong, unreadable) = (Model("wrong"), Model("unreadable"));
        File.Delete(Path.Combine(wrong, "model.safetensors"));
        File.Delete(Path.Combine(unreadable, "model.safetensors"));

        // A link to itself is what nobody can read, not even root.
        File.CreateSymbolicLink(Path.Combine(unreadable, "model.safetensors"), "model.safetensors");
        await using var silo = await StartAsync();
        using var http = new HttpClient { BaseAddress = silo.HttpAddress };
        await RefusedAsync("wrong", "The model 'wrong' cannot be trained: wrong: has neither model.safetensors nor ");
        await RefusedAsync("unreadable", "The model 'unreadable' cannot be trained: unreadable: a file of the model cannot be read: ");
        using var asked = await http.PostAsJsonAsync("v1/completions", new { model = "unreadable", prompt = "a" }, Token);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "model_unavailable"), (asked.StatusCode, (await ErrorAsync(asked)).Code));

        Directory.Delete(_folder["models"], recursive: true);
        using var listed = await http.GetAsync(new Uri("v1/models", UriKind.Relative), Token);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "models_unavailable"), (listed.StatusCode, (await ErrorAsync(listed)).Code));

        Assert.Throws<InvalidDataFileException>(() => ModelFiles.Read(wrong, () => File.ReadAllText(_folder.Root)));

        async Task RefusedAsync(string model, string message)
        {
            using var response = await http.PostAsJsonAsync(Jobs, new { model, training_file = "file-x" }, Token);
            var error = await ErrorAsync(response);
            Assert.Equal((HttpStatusCode.BadRequest, "model_invalid"), (response.StatusCode, error.Code));
            Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(_folder.Root, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Import_says_which_data_are_wrong_and_which_model_is_missed()
    {
        Model(Good);
        var store = new FolderBlobStore(_folder["store"]);
        var jobs = new JobCatalog(store, NullLogger<JobCatalog>.Instance);
        await jobs.AddAsync(
            ImportedJob.Of("ftjob-waits") with
            {
                Model = "gone",
                CreatedAt = DateTimeOffset.UtcNow.AddHours(-1),
                Phase = JobPhases.Validating,
            },
            Token);
        await using var silo = await StartAsync(store);
        using var http = new HttpClient { BaseAddress = silo.HttpAddress };
        var good = await UploadAsync(await File.ReadAllTextAsync(Path.Combine(Samples, "animals.jsonl"), Token));
        var bad = await UploadAsync("""{"text": 5}""");
        Assert.Equal(("invalid_validation_file", "validation_file"), await FailAsync(good, bad));
        Assert.Equal(("invalid_training_file", "training_file"), await FailAsync(bad, good));
        await Until.True(async () => (await jobs.GetAsync("ftjob-waits", Token)).Log.Any(
            l => l is { Level: "warn", Message: "The job waits for a silo that has 'gone' (--models) and is free" }));

        async Task<string> UploadAsync(string text)
        {
            using var content = new MultipartFormDataContent
            {
                { new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(text)), "file", "data.jsonl" }, { new StringContent("fine-tune"), "purpose" },
            };
            using var response = await http.PostAsync(new Uri("v1/files", UriKind.Relative), content, Token);
            return JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("id").GetString()!;
        }

        async Task<(string, string?)> FailAsync(string training, string validation)
        {
            var body = new
            {
                model = Good,
                training_file = training,
                validation_file = validation,
                method = new { type = "lisa", lisa = new { hyperparameters = new { max_steps = 1, block_size = 32, threads = 1 } } },
            };
            using var made = await http.PostAsJsonAsync(Jobs, body, Token);
            var id = JsonElement.Parse(await made.Content.ReadAsStringAsync(Token)).GetProperty("id").GetString()!;
            JobError? error = null;
            await Until.True(async () => (error = (await jobs.GetAsync(id, Token)).Error) is not null);
            return (error!.Code, error.Param);
        }
    }

    private static async Task<(string? Code, string Message)> ErrorAsync(HttpResponseMessage response)
    {
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("error");
        return (error.GetProperty("code").GetString(), error.GetProperty("message").GetString()!);
    }

    // A copy of the sample model.
    private string Model(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder["models"], name)).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Samples, Good))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }

    private Task<EmbeddedSilo> StartAsync(IBlobStore? store = null) => EmbeddedSilo.StartAsync(
        new EmbeddedSiloOptions
        {
            Store = store ?? new FolderBlobStore(_folder["store"]),
            HttpPort = 0,
            Http = new ApiServer(new ApiServerOptions { ModelsFolder = _folder["models"] }),
        },
        Token);
}
