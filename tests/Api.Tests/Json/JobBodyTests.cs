using System.Text;

namespace LisaOrleans.Api.Tests;

/// <summary>A wrong field of a job's body is named as OpenAI does, with what would be right, and without a word about .NET.</summary>
public sealed class JobBodyTests
{
    private const string Unparsed = "We could not parse the JSON body of your request: ";

    [Theory]
    [InlineData("", null, "The request's body is empty; a JSON object is needed.")]
    [InlineData(" ", null, Unparsed + "there is nothing in it (line 1, byte 2).")]
    [InlineData("{\n \"model\": 'a'}", null, Unparsed + "texts and names must be in double quotes (line 2, byte 11).")]
    [InlineData("{*,}", null, Unparsed + "a comma must not come before a closing ']' or '}' (line 1, byte 37).")]
    [InlineData("{\"\\ud83d\": 1}", null, Unparsed + "it escapes half a character, a surrogate without its other half.")]
    [InlineData("null", "body", "Invalid type for 'body': expected an object, but got null instead.")]
    [InlineData("[]", "body", "Invalid type for 'body': expected an object, but got an array instead.")]
    [InlineData("{}", "model", "Missing required parameter: 'model'.")]
    [InlineData("{\"model\": null, \"training_file\": \"a\"}", "model", "Missing required parameter: 'model'.")]
    [InlineData("{\"model\": 3, \"training_file\": \"a\"}", "model", "Invalid type for 'model': expected a string, but got an integer instead.")]
    [InlineData("{*, \"model\": \"b\"}", "model", "Invalid 'model': it is given twice.")]
    [InlineData("{*, \"sufix\": null}", "sufix", "Unknown parameter: 'sufix'; did you mean 'suffix'?")]
    [InlineData("{*, \"warmth\": 1}", "warmth", "Unknown parameter: 'warmth'.")]
    [InlineData("{*, \"suffix\": [\"a\"]}", "suffix", "Invalid type for 'suffix': expected a string, but got an array instead.")]
    [InlineData("{*, \"seed\": \"1\"}", "seed", "Invalid value for 'seed': must be a whole number from 0 to 18446744073709551615.")]
    [InlineData("{*, \"seed\": 99999999999999999999}", "seed", "Invalid value for 'seed': must be a whole number from 0 to 18446744073709551615.")]
    [InlineData("{*, \"metadata\": [1]}", "metadata", "Invalid type for 'metadata': expected an object, but got an array instead.")]
    [InlineData("{*, \"metadata\": {\"a\": 1}}", "metadata.a", "Invalid type for 'metadata.a': expected a string, but got an integer instead.")]
    [InlineData("{*, \"metadata\": {\"a\": null}}", "metadata.a", "Invalid type for 'metadata.a': expected a string, but got null instead.")]
    [InlineData("{*, \"metadata\": {\"a\": \"1\", \"a\": \"2\"}}", "metadata.a", "Invalid 'metadata.a': it is given twice.")]
    [InlineData("{*, \"integrations\": {}}", "integrations", "Invalid type for 'integrations': expected an array, but got an object instead.")]
    [InlineData("{*, \"method\": \"lisa\"}", "method", "Invalid type for 'method': expected an object, but got a string instead.")]
    [InlineData("{*, \"method\": {\"lisa\": {}}}", "method.type", "Missing required parameter: 'method.type'.")]
    [InlineData(
        "{*, \"method\": {\"type\": \"lisa\", \"lisa\": [1]}}", "method.lisa",
        "Invalid type for 'method.lisa': expected an object, but got an array instead.")]
    [InlineData(
        "{*, \"method\": {\"type\": \"lisa\", \"lisa\": {\"hyperparameters\": 1.5}}}", "method.lisa.hyperparameters",
        "Invalid type for 'method.lisa.hyperparameters': expected an object, but got a decimal instead.")]
    [InlineData(
        "{*, \"method\": {\"type\": \"lisa\", \"lisa\": {\"hyperparameter\": {}}}}", "method.lisa.hyperparameter",
        "Unknown parameter: 'method.lisa.hyperparameter'; did you mean 'method.lisa.hyperparameters'?")]
    [InlineData(
        "{*, \"method\": {\"type\": \"dpo\", \"dpo\": {\"hyperparameters\": {\"beta\": []}}}}", "method.dpo.hyperparameters.beta",
        "Invalid value for 'method.dpo.hyperparameters.beta': must be a number or \"auto\".")]
    [InlineData(
        "{*, \"hyperparameters\": {\"n_epochs\": \"3\"}}", "hyperparameters.n_epochs",
        "Invalid value for 'hyperparameters.n_epochs': must be a number or \"auto\".")]
    public void Parse_wrong_field_is_named_with_what_is_right(string body, string? param, string message)
    {
        var bytes = Encoding.UTF8.GetBytes(body.Replace("*", "\"model\": \"a\", \"training_file\": \"b\"", StringComparison.Ordinal));
        var e = Assert.Throws<ApiException>(() => Hyperparameters(ApiBody.Parse<CreateJobRequest>(bytes)));
        Assert.Equal((400, param, message), (e.Status, e.Param, e.Message));
    }

    [Theory]
    [InlineData("learning_rat", "did you mean 'learning_rate'?")]
    [InlineData("unheard_of", "GET /openapi/v1.json lists all")]
    public void Read_unknown_setting_is_answered_with_one_that_is_near(string name, string answer)
    {
        var body = $"{{\"model\": \"a\", \"training_file\": \"b\", \"method\": {{\"type\": \"{TrainingMethods.Lisa}\", "
            + $"\"lisa\": {{\"hyperparameters\": {{\"{name}\": 1}}}}}}}}";
        var given = Hyperparameters(ApiBody.Parse<CreateJobRequest>(Encoding.UTF8.GetBytes(body)));
        var e = Assert.Throws<ApiException>(() => JobSettings.Read(given, "p"));
        Assert.Equal(($"p.{name}", $"Unknown parameter: 'p.{name}'; {answer}"), (e.Param, e.Message));
    }

    // It would train nothing, and succeed.
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1e-320)]
    public void Read_multiplier_that_makes_the_learning_rate_zero_is_refused(double multiplier)
    {
        var number = new AutoNumber(multiplier);
        foreach (var read in (Action[])[
            () => JobSettings.Read(new SupervisedHyperparameters { LearningRateMultiplier = number }, "p"),
            () => JobSettings.Read(new DpoHyperparameters { LearningRateMultiplier = number }, "p")])
        {
            var e = Assert.Throws<ApiException>(read);
            Assert.Equal(
                ("p.learning_rate_multiplier", "Invalid value for 'p.learning_rate_multiplier': must be above 0."), (e.Param, e.Message));
        }
    }

    private static JobHyperparameters Hyperparameters(CreateJobRequest request) => JobMethods.Hyperparameters(request.Method!);
}
