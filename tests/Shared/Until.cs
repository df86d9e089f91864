namespace LisaOrleans.Tests;

/// <summary>Waits for what another thread will do. Ends with the test; the runner's time limit is the only clock.</summary>
internal static class Until
{
    public static Task True(Func<bool> condition) => True(() => Task.FromResult(condition()));

    public static async Task True(Func<Task<bool>> condition)
    {
        while (!await condition()) await Task.Delay(1, TestContext.Current.CancellationToken);
    }
}
