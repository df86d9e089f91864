using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Silo.Tests;

public sealed class OrleansTlsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A silo that asks whether this one's port is open is no connection whose end says anything about that silo.
    [Theory]
    [InlineData("", false)]
    [InlineData("?", true)]
    public async Task AddServer_connection_that_says_nothing_goes_no_further(string said, bool goesOn)
    {
        var wentOn = false;
        await using var services = new ServiceCollection().BuildServiceProvider();
        var connection = new ConnectionBuilder(services);
        new OrleansTls(credentials: null, (_, reason) => Assert.Fail(reason)).AddServer(connection);
        connection.Use(_ => _ =>
        {
            wentOn = true;
            return Task.CompletedTask;
        });
        var (input, output) = (new Pipe(), new Pipe());
        await input.Writer.WriteAsync(System.Text.Encoding.ASCII.GetBytes(said), Token);
        await input.Writer.CompleteAsync();
        await connection.Build()(new DefaultConnectionContext("test") { Transport = new Duplex(input.Reader, output.Writer) });
        Assert.Equal(goesOn, wentOn);
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
