namespace LisaOrleans.Tests;

/// <summary>Waits for what another thread will do. Ends with the test; the runner's time limit is the only clock.</summary>
internal static class Until
{
    public static Task True(Func<bool> condition) => True(() => Task.FromResult(condition()), pause: 1);

    /// <summary>The same of what somebody else is asked, who has work to do: asked without end, others would do less of it.</summary>
    /// <param name="condition">Asks.</param>
    /// <param name="pause">Milliseconds between two questions.</param>
    public static async Task True(Func<Task<bool>> condition, int pause = 10)
    {
        while (!await condition()) await Task.Delay(pause, TestContext.Current.CancellationToken);
    }
}
