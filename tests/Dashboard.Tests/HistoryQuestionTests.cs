using System.Text.Json;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>What the dashboard is asked wrongly of a run is named, in words for people.</summary>
public sealed class HistoryQuestionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task History_wrong_question_is_answered_with_what_is_wrong()
    {
        await using var silo = await DashboardSilo.StartAsync();
        await silo.FinishAsync("first", s => s with { MaxSteps = 1 });
        var unwanted = await silo.TrainAsync("unwanted", s => s with { MaxSteps = 100_000 });
        await unwanted.Cancel();
        (string Method, string Path, int Status, string Param, string Message)[] asked =
        [
            ("GET", "history/99", 404, "step", "run 'first' keeps no manifest of step 99"),
            ("GET", "history/1/difference", 400, "to", "Missing required parameter: 'to'."),
            ("GET", "history/1/difference?to=99", 404, "to", "run 'first' keeps no manifest of step 99"),
            ("POST", "history/99/fork?name=a%20b", 400, "name", "at most 100, not beginning with '.'"),
            ("POST", "history/99/fork?name=b", 400, "step", "keeps no manifest of step 99"),
            ("POST", "../unwanted/resume", 400, "run", "so it cannot be resumed; lisa fork makes a run that goes on from there"),
        ];
        using var http = new HttpClient { BaseAddress = new Uri(silo.Address, "dashboard/api/runs/first/") };
        foreach (var (method, path, status, param, message) in asked)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            using var answer = await http.SendAsync(request, Token);
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
            var error = body.RootElement.GetProperty("error");
            Assert.Equal((status, param), ((int)answer.StatusCode, error.GetProperty("param").GetString()));
            Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(RunState.Cancelled, (await unwanted.GetStatus()).State);
    }

    [Fact]
    public async Task Run_resumed_with_other_settings_is_told_to_a_page_that_knows_the_old_ones()
    {
        await using var silo = await DashboardSilo.StartAsync();
        var run = await silo.TrainAsync("resumed", s => s with { MaxSteps = 100_000 });
        using var http = new HttpClient { BaseAddress = silo.Address };
        var view = "";
        await Until.True(async () => await SaveStepsAsync() == 6);
        Assert.Null(await SaveStepsAsync());
        await run.Pause();
        await silo.TrainAsync("resumed", s => s with { MaxSteps = 100_000, SaveSteps = 7 });
        await Until.True(async () => await SaveStepsAsync() == 7);

        // Null where the page knows the settings.
        async Task<long?> SaveStepsAsync()
        {
            var path = new Uri($"dashboard/api/runs/resumed?view={view}", UriKind.Relative);
            using var answer = JsonDocument.Parse(await http.GetStringAsync(path, Token));
            view = answer.RootElement.GetProperty("view").GetString()!;
            var spec = answer.RootElement.GetProperty("spec");
            return spec.ValueKind == JsonValueKind.Null ? null : spec.GetProperty("saveSteps").GetInt64();
        }
    }
}
