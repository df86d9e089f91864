using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.EndToEnd;

/// <summary>Short forms of requests to the API.</summary>
internal static class Requests
{
    public const string Jobs = "/v1/fine_tuning/jobs";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<JsonObject> GetJsonAsync(this HttpClient http, string path, HttpStatusCode status = HttpStatusCode.OK) =>
        await ReadAsync(await http.GetAsync(path, Token), status);

    public static async Task<JsonObject> DeleteJsonAsync(this HttpClient http, string path, HttpStatusCode status = HttpStatusCode.OK) =>
        await ReadAsync(await http.DeleteAsync(new Uri(path, UriKind.Relative), Token), status);

    public static async Task<JsonObject> PostJsonAsync(
        this HttpClient http, string path, object? body, HttpStatusCode status = HttpStatusCode.OK, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (body is not null) request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        return await ReadAsync(await http.SendAsync(request, Token), status);
    }

    /// <summary>Uploads lines; the file's id.</summary>
    public static async Task<string> UploadAsync(this HttpClient http, string? content = null, string? idempotencyKey = null) =>
        (string)(await http.UploadAsync(content, HttpStatusCode.OK, idempotencyKey))["id"]!;

    public static async Task<JsonObject> UploadAsync(this HttpClient http, string? content, HttpStatusCode status, string? idempotencyKey = null)
    {
        content ??= await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", "animals.jsonl"), Token);
        var file = new ByteArrayContent(Encoding.UTF8.GetBytes(content));
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/files")
        {
            Content = new MultipartFormDataContent { { file, "file", "data.jsonl" }, { new StringContent("fine-tune"), "purpose" } },
        };
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        return await ReadAsync(await http.SendAsync(request, Token), status);
    }

    /// <summary>A short job's body.</summary>
    public static object Job(string file, int steps = 6, int saveSteps = 2, int blockSize = 32) => new
    {
        model = ApiServer.Model,
        training_file = file,
        method = new
        {
            type = "lisa",
            lisa = new
            {
                hyperparameters = new
                {
                    max_steps = steps,
                    save_steps = saveSteps,
                    per_device_train_batch_size = 2,
                    block_size = blockSize,
                    threads = 1,
                },
            },
        },
    };

    /// <summary>Waits until a job has a status; it must not end with another.</summary>
    public static async Task<JsonObject> UntilAsync(this HttpClient http, string job, string status)
    {
        while (true)
        {
            var now = await http.GetJsonAsync($"{Jobs}/{job}");
            var actual = (string)now["status"]!;
            if (actual == status) return now;
            Assert.False(actual is "succeeded" or "failed" or "cancelled", now.ToJsonString());
            await Task.Delay(50, Token);
        }
    }

    public static string Error(this JsonObject answer, string field) => (string?)answer["error"]![field] ?? "";

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(Token);
            Assert.True(
                response.StatusCode == status,
                $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri}: {response.StatusCode} {text}");
            return JsonNode.Parse(text)!.AsObject();
        }
    }
}
