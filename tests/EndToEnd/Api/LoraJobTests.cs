using System.Net;

namespace LisaOrleans.EndToEnd;

/// <summary>Jobs that train adapters.</summary>
public sealed class LoraJobTests
{
    [Fact]
    public async Task Job_of_method_lora_answers_with_its_adapter_and_can_be_trained_further()
    {
        await using var server = await ApiServer.StartAsync();
        var file = await server.Http.UploadAsync();
        var job = await server.Http.PostJsonAsync(Requests.Jobs, Lora(file, new Dictionary<string, object>
        {
            ["lora_r"] = 4,
            ["lora_alpha"] = 8,
            ["use_dora"] = true,
            ["lora_target_modules"] = new[] { "q_proj", "down_proj" },
            ["layers_to_transform"] = "0,2",
            ["validation_split"] = 0.25,
        }));
        Assert.Equal(("lora", 4), ((string)job["method"]!["type"]!, (int)job["method"]!["lora"]!["hyperparameters"]!["lora_r"]!));
        var done = await server.Http.UntilAsync((string)job["id"]!, "succeeded");
        Assert.Equal("DoRA: rank 4, alpha 8, on q_proj, down_proj of layers 0, 2", (string)done["method_description"]!);

        var model = (string)done["fine_tuned_model"]!;
        var answer = await server.Http.PostJsonAsync("/v1/completions", new { model, prompt = "The fox", max_tokens = 3 });
        Assert.Equal(model, (string)answer["model"]!);

        // The next job needs a whole model.
        var next = await server.Http.PostJsonAsync(Requests.Jobs, new
        {
            model,
            training_file = file,
            method = new { type = "lisa", lisa = new { hyperparameters = new { max_steps = 1, block_size = 16, threads = 1 } } },
        });
        await server.Http.UntilAsync((string)next["id"]!, "succeeded");
    }

    [Theory]
    [InlineData("lora_r", 0, "whole number from 1")]
    [InlineData("lisa_interval_steps", 5, "not used with")]
    [InlineData("lora_dropout", 1, "below 1")]
    [InlineData("early_stopping_patience", 2, "needs evaluation data: validation_file, or method.lora.hyperparameters.validation_split")]
    [InlineData("validation_split", 10, "is '10'; it must be a share between 0 and 1, such as 0.1")]
    [InlineData("lora_target_modules", 3, "names separated by commas")]
    [InlineData("validation_split", "test", "is 'test', but a file has no splits; give a share such as 0.1, or validation_file")]
    public async Task Job_of_method_lora_with_a_wrong_setting_is_refused_by_its_name(string setting, object value, string says)
    {
        await using var server = await ApiServer.StartAsync();
        var refused = await server.Http.PostJsonAsync(
            Requests.Jobs, Lora(await server.Http.UploadAsync(), new Dictionary<string, object> { [setting] = value }), HttpStatusCode.BadRequest);
        Assert.Equal($"method.lora.hyperparameters.{setting}", refused.Error("param"));
        Assert.Contains(says, refused.Error("message"), StringComparison.Ordinal);
    }

    private static object Lora(string file, Dictionary<string, object> settings) => new
    {
        model = ApiServer.Model,
        training_file = file,
        method = new
        {
            type = "lora",
            lora = new
            {
                hyperparameters = new Dictionary<string, object>(settings)
                {
                    ["max_steps"] = 3,
                    ["per_device_train_batch_size"] = 2,
                    ["block_size"] = 32,
                    ["threads"] = 1,
                },
            },
        },
    };
}
