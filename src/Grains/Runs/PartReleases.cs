using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// Lets go of a run's parts where they are not needed any more. Until parts are loaded, those of the plans before may all lie somewhere.
/// Used within one grain's turns.
/// </summary>
internal sealed class PartReleases(string run, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // As parts were last loaded, and as they were to be by each generation since then whose load failed or was broken off.
    private readonly List<IReadOnlyList<SiloStage>> _before = [];

    /// <summary>Parts are to be loaded elsewhere; returns where live silos hold them as they were last loaded, null if that is not known.</summary>
    /// <param name="placed">Where they are, or were to be, until now.</param>
    /// <param name="silos">The run's silos.</param>
    public StagePlan? Begin(IReadOnlyList<SiloStage> placed, RunSilos silos)
    {
        Note(placed);
        return silos.Held(_before.FirstOrDefault() ?? []);
    }

    /// <summary>Parts may lie as these stages say until others are loaded.</summary>
    /// <param name="stages">The stages; none where that is not known.</param>
    public void Note(IReadOnlyList<SiloStage> stages)
    {
        if (stages.Count > 0 && !_before.Contains(stages)) _before.Add(stages);
    }

    /// <summary>Parts are loaded, or let go of: where they were before, they free their memory.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="silos">The run's silos.</param>
    public Task ReleaseBefore(Pipeline parts, RunSilos silos)
    {
        StagePlan[] before = [.. _before.Select(silos.Held).OfType<StagePlan>()];
        _before.Clear();
        return before.Length > 0 ? Try(() => parts.UnloadMoved(before)) : Task.CompletedTask;
    }

    /// <summary>Lets parts free their memory; what cannot be reached now frees it by itself, later.</summary>
    public async Task Try(Func<Task> unload)
    {
        try
        {
            await unload().WaitAsync(s_patience, time);
        }
        catch (Exception e)
        {
            RunLog.NotReleased(logger, e, run);
        }
    }
}
