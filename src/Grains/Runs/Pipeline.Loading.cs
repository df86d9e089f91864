using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <content>How parts get into the state of a manifest.</content>
internal sealed partial class Pipeline
{
    private readonly HashSet<string> _failed = [];

    /// <summary>The silos on which a part could not be loaded, or stored.</summary>
    public IReadOnlySet<string> Failed => _failed;

    /// <summary>Whether any silo could store a part.</summary>
    public bool HasStored { get; private set; }

    /// <summary>Puts every part into the state of a manifest; returns how each got there.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="before">Where the parts were; null if that is not known.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<PartLoaded[]> Load(Manifest manifest, StagePlan? before, CancellationToken cancellationToken)
    {
        // A part may be asked for long after this, and is not to take itself for one that nobody wants until then. Who is gone keeps nothing.
        if (before is not null) Keep(before).Ignore();
        var loaded = await Task.WhenAll(_parts.Select((part, i) => Load(part, After(i), manifest, before, cancellationToken)));
        return [.. loaded.SelectMany(l => l)];
    }

    /// <summary>
    /// Loads what does not train in a manifest onto a silo that holds nothing of the run yet; returns how. The parts are not used before
    /// another generation loads them.
    /// </summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="current">The parts that this generation trains.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<PartLoaded[]> LoadAhead(Manifest manifest, string silo, Pipeline current, CancellationToken cancellationToken) => Task.WhenAll(
        from i in Enumerable.Range(0, _parts.Count)
        let part = _parts[i]
        let state = StateOf(manifest, part.Name)
        where state.Adapter is not null || (state.Optimizer is null && current._trainable.All(p => p.Name != part.Name))
        from replica in Enumerable.Range(0, part.Grains.Count)
        where part.Silos[replica] == silo

        // Who holds one that trains has it in another state than it begins with.
        let holders = state.Optimizer is null ? current.Stages : null
        select part.Grains[replica].Load(
            LoadOf(part, replica, After(i), state with { Optimizer = null }, manifest.Step, holders) with { Ahead = true }, cancellationToken));

    private Task Keep(StagePlan before) => Task.WhenAll(
        from part in plan.Parts
        from silo in before.Holders(part)
        select PartGrains.Get(grains, plan.Spec.RunName, part, silo).Keep(generation));

    private async Task<PartLoaded[]> Load(
        PartReplicas part, string? next, Manifest manifest, StagePlan? before, CancellationToken cancellationToken)
    {
        var state = StateOf(manifest, part.Name);

        // Who only follows from now on drops its optimizer state when it is loaded, so whoever gets it from there is loaded before.
        var holder = state.Optimizer is null ? null : before?.FindOwner(part.Name);
        var left = part.Others.Where(r => part.Silos[r] == holder).ToArray();
        var first = Task.WhenAll(Enumerable.Range(0, part.Grains.Count).Except(left).Select(LoadReplica));
        var loading = LoadAll();
        if (OwnerSends(state))
        {
            int[]?[] wholeTables = [.. part.Others.Select(_ => (int[]?)null)];
            await part.SendWeights(loading, generation, manifest.Step, wholeTables, new TransferQueues(), transfers: null, cancellationToken);
        }

        return await loading;

        Task<PartLoaded> LoadReplica(int replica) => Load(
            part.Grains[replica], part.Silos[replica], LoadOf(part, replica, next, state, manifest.Step, before), cancellationToken);

        async Task<PartLoaded[]> LoadAll()
        {
            var loaded = await first;
            return [.. loaded, .. await Task.WhenAll(left.Select(LoadReplica))];
        }
    }

    private Task<PartLoaded> Load(IPartGrain grain, string silo, PartLoad load, CancellationToken cancellationToken) =>
        On(silo, grain.Load(load, cancellationToken), cancellationToken);

    // Notes where it is that a call fails.
    private async Task<T> On<T>(string silo, Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed.Add(silo);
            throw;
        }
    }

    private PartLoad LoadOf(PartReplicas part, int replica, string? next, PartState state, long step, StagePlan? before) => new()
    {
        Generation = generation,
        Step = step,
        Spec = plan.Spec,
        ConfigJson = plan.ConfigJson,
        Weights = state.Weights,
        Optimizer = state.Optimizer,
        Adapter = state.Adapter,
        Parked = state.Parked,
        Next = next,
        NextSilo = next is null ? null : stages.SiloOf(next, replica),
        FollowsOwner = replica != part.OwnersReplica,
        OwnerSendsWeights = replica != part.OwnersReplica && OwnerSends(state),
        HeldBy = before?.FindSilo(part.Name) is { } silo && silo != stages.SiloOf(part.Name, replica) ? silo : null,
    };

    // Adapters are small, and the weights beside them are not in the state that the owner reads.
    private static bool OwnerSends(PartState state) => state.Optimizer is not null && state.Adapter is null;

    private string? After(int part) => part + 1 < _parts.Count ? _parts[part + 1].Name : null;

    private static PartState StateOf(Manifest manifest, string part) => manifest.Parts.TryGetValue(part, out var found)
        ? found
        : throw new InvalidDataFileException($"manifest of {manifest.Run}", $"part '{part}' is missing");
}
