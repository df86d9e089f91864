namespace LisaOrleans.Silo.Tests;

/// <summary>Whatever a service answers, the errors are those after which it is asked again.</summary>
public sealed class BrokenHeadersTests
{
    public static TheoryData<string> Sources => [.. PreemptionSources.Names];

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task PollAsync_unknown_encoding_retries(string name) =>
        await IsAskedAgain(name, new(200, "what", "text/plain; charset=bogus"));

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task PollAsync_bad_line_retries(string name) => await IsAskedAgain(name, new(200, "to\r\nken: x", "text/plain"));

    private static async Task IsAskedAgain(string name, MetadataService.Answer answer)
    {
        await using var service = await MetadataService.StartAsync();
        service.OnRequest = _ => answer;
        var source = PreemptionSources.Create(name, service.Address, "vm-1", service.Http);
        var e = await Assert.ThrowsAnyAsync<Exception>(() => source.PollAsync(TestContext.Current.CancellationToken));
        Assert.True(e is HttpRequestException or InvalidDataException, e.ToString());
    }
}
