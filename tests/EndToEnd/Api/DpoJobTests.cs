using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.EndToEnd;

/// <summary>Jobs that learn from pairs of answers.</summary>
public sealed class DpoJobTests
{
    // OpenAI's own format.
    private static readonly string s_pairs = string.Concat(Enumerable.Range(0, 4).Select(i => JsonSerializer.Serialize(new
    {
        input = new { messages = new[] { new { role = "user", content = $"What is {i}?" } } },
        preferred_output = new[] { new { role = "assistant", content = "It is red." } },
        non_preferred_output = new[] { new { role = "assistant", content = "It says yip!" } },
    }) + "\n"));

    [Fact]
    public async Task Job_of_method_dpo_tells_rewards_with_each_step()
    {
        await using var server = await ApiServer.StartAsync();
        var file = await server.Http.UploadAsync(s_pairs);
        var body = Dpo(file, new { beta = 0.2, batch_size = 2, n_epochs = 2, learning_rate_multiplier = 2 });
        body["validation_file"] = file;
        var job = await server.Http.PostJsonAsync(Requests.Jobs, body);
        var hyperparameters = job["method"]!["dpo"]!["hyperparameters"]!;
        Assert.Equal(
            (0.2, 2, 2, 2),
            ((double)hyperparameters["beta"]!, (int)hyperparameters["batch_size"]!, (int)hyperparameters["n_epochs"]!,
                (int)hyperparameters["learning_rate_multiplier"]!));

        var done = await server.Http.UntilAsync((string)job["id"]!, "succeeded");
        Assert.EndsWith("; DPO, beta 0.2", (string)done["method_description"]!, StringComparison.Ordinal);
        Assert.Equal((4, 8), ((int)done["data"]!["training"]!["records"]!, (int)done["data"]!["training"]!["samples"]!));
        var events = (await server.Http.GetJsonAsync($"{Requests.Jobs}/{(string)job["id"]!}/events?limit=50"))["data"]!.AsArray();
        JsonNode[] steps = [.. events.Where(e => (string)e!["type"]! == "metrics").Select(e => e!["data"]!)];
        Assert.Equal(4, steps.Length);
        Assert.All(steps, s => Assert.Equal(
            (double)s["rewards/chosen"]! - (double)s["rewards/rejected"]!, (double)s["rewards/margins"]!, 1e-12));
        Assert.InRange((double)steps[0]["valid_rewards/accuracies"]!, 0, 1);

        var csv = await server.Http.GetStringAsync(
            $"/v1/files/{(string)done["result_files"]![0]!}/content", TestContext.Current.CancellationToken);
        var lines = csv.TrimEnd('\n').Split('\n');
        Assert.EndsWith(",seconds,rewards/chosen,rewards/rejected,rewards/accuracies,rewards/margins", lines[0], StringComparison.Ordinal);
        Assert.All(lines, l => Assert.Equal(12, l.Split(',').Length));
    }

    [Fact]
    public async Task Job_whose_data_do_not_fit_its_objective_fails_with_line_and_field()
    {
        await using var server = await ApiServer.StartAsync();
        var (singles, pairs) = (await server.Http.UploadAsync(), await server.Http.UploadAsync(s_pairs));
        var ofSingles = await server.Http.PostJsonAsync(Requests.Jobs, Dpo(singles, new { n_epochs = 1 }));
        var ofPairs = await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(pairs));

        var error = (await server.Http.UntilAsync((string)ofSingles["id"]!, "failed"))["error"]!;
        Assert.Contains("line 1: field 'chosen' is missing", (string)error["message"]!, StringComparison.Ordinal);
        error = (await server.Http.UntilAsync((string)ofPairs["id"]!, "failed"))["error"]!;
        Assert.Contains("line 1: field 'preferred_output' is one of a pair", (string)error["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_of_method_dpo_with_a_wrong_setting_is_refused_by_its_name()
    {
        await using var server = await ApiServer.StartAsync();
        var file = await server.Http.UploadAsync(s_pairs);
        await Refused(Dpo(file, new { beta = 0 }), "method.dpo.hyperparameters.beta");
        await Refused(Dpo(file, new { gamma = 1 }), "method.dpo.hyperparameters.gamma");
        await Refused(new { model = ApiServer.Model, training_file = file, method = new { type = "lisa", dpo = new { } } }, "method.dpo");
        await Refused(
            new
            {
                model = ApiServer.Model,
                training_file = file,
                method = new { type = "lora", lora = new { hyperparameters = new { objective = "dpo", train_on_prompt = true } } },
            },
            "method.lora.hyperparameters.train_on_prompt");

        async Task Refused(object body, string param)
        {
            var refused = await server.Http.PostJsonAsync(Requests.Jobs, body, HttpStatusCode.BadRequest);
            Assert.Equal(param, refused.Error("param"));
        }
    }

    private static Dictionary<string, object> Dpo(string file, object hyperparameters) => new()
    {
        ["model"] = ApiServer.Model,
        ["training_file"] = file,
        ["method"] = new { type = "dpo", dpo = new { hyperparameters } },
    };
}
