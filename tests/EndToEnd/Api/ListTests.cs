using System.Net;

namespace LisaOrleans.EndToEnd;

/// <summary>Pages of lists that change meanwhile, and what queries may say.</summary>
public sealed class ListTests
{
    [Fact]
    public async Task Lists_go_on_after_what_was_deleted_and_take_no_parameter_that_they_do_not_read()
    {
        await using var server = await ApiServer.StartAsync();
        foreach (var text in (string[])["a", "b", "c"]) await server.Http.UploadAsync($"{{\"text\": \"{text}\"}}\n");
        var page = await server.Http.GetJsonAsync("/v1/files?limit=2");
        Assert.True((bool)page["has_more"]!);
        var seen = page["data"]!.AsArray().Select(f => (string)f!["id"]!).ToArray();
        foreach (var id in seen) await server.Http.DeleteJsonAsync($"/v1/files/{id}");
        page = await server.Http.GetJsonAsync($"/v1/files?limit=2&after={seen[^1]}");
        Assert.False((bool)page["has_more"]!);
        var last = (string)Assert.Single(page["data"]!.AsArray())!["id"]!;
        Assert.Equal(3, seen.Append(last).Distinct().Count());

        string[] takeNone = ["/v1/models", "/v1/models/none", $"/v1/files/{last}", $"/v1/files/{last}/content", $"{Requests.Jobs}/ftjob-none"];
        foreach (var path in takeNone)
            await RefusedAsync(path + "?limit=5", "unknown_parameter", "Unknown parameter: 'limit'; this request takes no parameters.");
        await server.Http.GetJsonAsync("/v1/models?api-version=2025-03-01-preview");
        await RefusedAsync(
            $"{Requests.Jobs}?metadata=null&metadata[a]=b", "invalid_value",
            "'metadata' lists the jobs without any, so 'metadata[a]' cannot be given with it.");

        async Task RefusedAsync(string path, string code, string message)
        {
            var answer = await server.Http.GetJsonAsync(path, HttpStatusCode.BadRequest);
            Assert.Equal((code, message), (answer.Error("code"), answer.Error("message")));
        }
    }
}
