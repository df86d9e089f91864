namespace LisaOrleans.Cli;

/// <summary>A run of this process that is paused when the process is asked to end. One that is over is left as it is: its store may take no more.</summary>
internal static class InterruptedRun
{
    /// <summary>Pauses a run once the process is asked to end.</summary>
    /// <param name="run">The run.</param>
    /// <param name="over">Ends when the run is over.</param>
    /// <param name="interrupted">Ends when the process is asked to.</param>
    /// <returns>Why its store could not be told; null where it was, or where there was nothing to tell.</returns>
    public static async Task<string?> PauseAsync(IRunGrain run, Task over, Task interrupted) =>
        await Task.WhenAny(over, interrupted) == over ? null : await PauseAsync(run);

    /// <summary>Pauses a run.</summary>
    /// <returns>Why its store could not be told; null where it was, or where there was nothing to tell.</returns>
    public static async Task<string?> PauseAsync(IRunGrain run)
    {
        try
        {
            await run.Pause();
        }
        catch (RunEndedException)
        {
            // It failed first, and its end says why.
        }
        catch (Exception e)
        {
            // It has stopped all the same, and what holds is its last manifest.
            return $"the store could not be told ({e.Message})";
        }

        return null;
    }
}
