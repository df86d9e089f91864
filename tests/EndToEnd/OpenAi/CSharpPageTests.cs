using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LisaOrleans.EndToEnd;

/// <summary>The program in C# of docs/http-api.md, compiled and run.</summary>
public sealed partial class CSharpPageTests
{
    [Fact]
    public async Task Page_program_in_csharp_trains_a_model_and_reads_its_events()
    {
        using var folder = new TempFolder();
        await using var server = await ApiServer.StartAsync();
        var before = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            await ProgramOfThePage(new Uri(server.Address, "/v1/").ToString(), server.WriteKey, ShortData.Write(folder));
        }
        finally
        {
            Console.SetOut(before);
        }

        Assert.Contains("fine_tuning.job.event", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("[DONE]", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Page_program_in_csharp_is_the_one_tested_here()
    {
        // What comes before the first empty lines is usings and settings.
        var page = Block().Match(File.ReadAllText(Path.Combine(Repository.Root, "docs", "http-api.md"))).Groups[1].Value;
        Assert.Equal(PageProgram.Lines(string.Join('\n', page.Split("\n\n").Skip(2))), PageProgram.OfTest(Source()));
    }

    private static async Task ProgramOfThePage(string address, string? key, string data)
    {
        // page
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var content = new StreamContent(File.OpenRead(data));
        using var upload = new MultipartFormDataContent { { content, "file", "data.jsonl" }, { new StringContent("fine-tune"), "purpose" } };
        var file = await Read(await http.PostAsync("files", upload));
        var job = await Read(
            await http.PostAsJsonAsync("fine_tuning/jobs", new { model = "tiny-stories", training_file = file.GetProperty("id").GetString() }));
        var events = await http.GetStreamAsync($"fine_tuning/jobs/{job.GetProperty("id").GetString()}/events?stream=true");
        await foreach (var item in SseParser.Create(events).EnumerateAsync()) Console.WriteLine(item.Data);

        static async Task<JsonElement> Read(HttpResponseMessage response) =>
            response.IsSuccessStatusCode
                ? await response.Content.ReadFromJsonAsync<JsonElement>()
                : throw new HttpRequestException(await response.Content.ReadAsStringAsync());
        // end of page
    }

    private static string Source([CallerFilePath] string path = "") => path;

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
