namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa train</c> on a store in a bucket: losing the machine's disk does not lose the run.</summary>
public sealed class S3StoreTests(TrainedRuns runs)
{
    private const string WrongSecret = "never-to-be-shown-either-0123456789";

    private static readonly IReadOnlyDictionary<string, string> s_keys = RadosGatewayServer.Credentials();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_killed_goes_on_from_a_bucket_on_another_disk()
    {
        await using var gateway = await RadosGateway.StartAsync();
        using var folder = new TempFolder();
        var bucket = await gateway.CreateBucketAsync();
        string[] store = ["--store", $"s3://{bucket}/runs", "--s3-endpoint", gateway.Endpoint];
        string[] more = ["--max-steps", $"{TrainedRuns.Steps}", "--save-steps", "3", "--log-format", "plain"];
        var whole = RunFolder.WeightsSha(await runs.WholeAsync());

        using (var first = Lisa.Start(s_keys, Sample.Train(folder["first"], more: [.. more, .. store])))
        {
            Assert.True(await first.WaitForLineAsync(l => l.StartsWith("manifest of step 3 ", StringComparison.Ordinal), Token));
            await first.KillAsync(Token);
        }

        Assert.Empty(Directory.GetDirectories(folder["first"], "lisa-store"));

        // The variable of AWS's own tools names the server as well.
        var variables = new Dictionary<string, string>(s_keys) { ["AWS_ENDPOINT_URL_S3"] = gateway.Endpoint };
        var second = await SucceedsAsync(variables, Sample.Train(folder["second"], more: [.. more, "--store", $"s3://{bucket}/runs"]));
        Assert.Contains("resuming run 'default' from step ", second, StringComparison.Ordinal);
        Assert.Equal(whole, RunFolder.WeightsSha(folder["second"]));
        await SucceedsAsync(s_keys, ["export", "default", "--output", folder["exported"], .. store]);
        Assert.Equal(whole, RunFolder.WeightsSha(folder["exported"]));

        // Another folder of the bucket is another store.
        await RefusesAsync(s_keys, Export($"s3://{bucket}/other", gateway.Endpoint), "no run 'default'");
        Assert.Contains(
            "\"subject\":\"store\",\"verdict\":\"ok\"", await SucceedsAsync(s_keys, ["doctor", .. store, "--log-format", "json"]),
            StringComparison.Ordinal);
        await RefusesWhatIsWrong(bucket, gateway.Endpoint);

        string[] Export(string location, string endpoint) =>
            ["export", "default", "--output", folder["x"], "--store", location, "--s3-endpoint", endpoint];

        async Task RefusesWhatIsWrong(string name, string endpoint)
        {
            var location = $"s3://{name}/runs";
            await RefusesAsync(RadosGatewayServer.Credentials(WrongSecret), Export(location, endpoint), "--store: ", "SignatureDoesNotMatch");
            await RefusesAsync(
                new Dictionary<string, string>(s_keys) { ["AWS_ACCESS_KEY_ID"] = "NOBODY" }, Export(location, endpoint), "InvalidAccessKeyId");
            await RefusesAsync(s_keys, Export("s3://no-such-bucket/runs", endpoint), "has no bucket 'no-such-bucket'");
            await RefusesAsync(s_keys, Export(location, $"http://127.0.0.1:{Ports.Free()}"), "cannot be reached");
            await RefusesAsync(s_keys, Export(location, "http://key:HIDDEN@127.0.0.1:1"), "must be http://HOST:PORT");
            await RefusesAsync(s_keys, ["export", "default", "--output", folder["x"], "--store", location], "needs a region");
            await RefusesAsync(s_keys, Export("s3://key:HIDDEN@bucket/x", endpoint), "holds no keys");
            await RefusesAsync(s_keys, Export(folder.Root, endpoint), "--s3-endpoint: the store is not in S3");
            var none = new Dictionary<string, string>
            {
                ["AWS_EC2_METADATA_DISABLED"] = "true",
                ["AWS_SHARED_CREDENTIALS_FILE"] = folder["none"],
                ["AWS_CONFIG_FILE"] = folder["none"],
            };
            await RefusesAsync(none, Export(location, endpoint), "no credentials can be had");

            // The roles of pods need a part of the SDK that is found by its name only.
            await File.WriteAllTextAsync(folder["token"], "token", Token);
            var role = new Dictionary<string, string>(none)
            {
                ["AWS_WEB_IDENTITY_TOKEN_FILE"] = folder["token"],
                ["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/lisa",
                ["AWS_ENDPOINT_URL_STS"] = $"http://127.0.0.1:{Ports.Free()}",
            };
            await RefusesAsync(role, Export(location, endpoint), "no credentials can be had", "Error calling AssumeRole for role");
            Assert.False(Directory.Exists(folder["x"]));
        }
    }

    private static async Task<string> SucceedsAsync(IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        using var process = Lisa.Start(environment, arguments);
        var result = await process.EndAsync(Token);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.DoesNotContain(RadosGatewayServer.SecretKey, result.Output + result.Error, StringComparison.Ordinal);
        return result.Output;
    }

    private static async Task RefusesAsync(IReadOnlyDictionary<string, string> environment, string[] arguments, params string[] says)
    {
        using var process = Lisa.Start(environment, arguments);
        var result = await process.EndAsync(Token);
        Lisa.AssertRefused(result, says);
        Assert.All(
            (string[])[RadosGatewayServer.SecretKey, WrongSecret, "HIDDEN"],
            s => Assert.DoesNotContain(s, result.Output + result.Error, StringComparison.Ordinal));
    }
}
