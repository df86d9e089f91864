using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api.Tests;

public sealed class ListenTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Listen_beyond_loopback_answers_only_with_keys(bool withKeys)
    {
        var beyond = OwnAddress.BeyondLoopback();
        var port = Ports.Free();
        var (_, key) = ApiKey.Create("test", ApiScopes.Read);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        new ApiServer(new ApiServerOptions { Keys = withKeys ? new ApiKeys([key]) : null }).Listen(builder.WebHost, beyond, port);
        await using var app = builder.Build();
        app.Run(context => Task.CompletedTask);
        await app.StartAsync(Token);
        Assert.True(await AnswersAsync(IPAddress.Loopback, port));
        Assert.Equal(withKeys, await AnswersAsync(beyond, port));
    }

    private static async Task<bool> AnswersAsync(IPAddress address, int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address, port, Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
