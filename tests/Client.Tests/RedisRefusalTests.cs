using LisaOrleans.Cluster;

namespace LisaOrleans.Client.Tests;

/// <summary>A Redis that does not want this client says so at once, and the client passes it on.</summary>
public sealed class RedisRefusalTests
{
    private const string Password = "s3cret-of-tests";

    // The client would look for a silo for that long.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("redis://127.0.0.1:PORT", "requires a password, and none was given")]
    [InlineData("127.0.0.1:PORT", "requires a password, and none was given")]
    [InlineData("redis://:s3cret-but-wrong@127.0.0.1:PORT", "rejects the user or password")]
    [InlineData("127.0.0.1:PORT,user=nobody,password=s3cret-of-tests", "rejects the user or password")]
    [InlineData("redis://writer:s3cret-of-writers@127.0.0.1:PORT", "refuses: NOPERM")]
    public async Task ConnectAsync_refusal_of_redis_is_told_at_once_without_the_password(string redis, string says)
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        var port = Ports.Free();
        await using var server = ServerProcess.Start(
            Executables.Redis!,
            [
                "--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder.Root, "--save", "", "--requirepass", Password,
                "--user", .. "writer on >s3cret-of-writers ~* +set +auth +hello +client +ping +echo +config +info".Split(' '),
            ],
            folder["redis.log"]);
        await Ports.WaitAsync(port, TimeSpan.FromSeconds(30));
        var options = new LisaClientOptions { Redis = redis.Replace("PORT", $"{port}", StringComparison.Ordinal), ConnectTimeout = s_patience };

        var refused = await Assert.ThrowsAsync<ClusterUnavailableException>(() => LisaClient.ConnectAsync(options, Token));

        Assert.StartsWith(
            $"no silo of cluster 'lisa' can be found: Redis at 127.0.0.1:{port} {says}", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
    }
}
