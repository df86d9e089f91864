namespace LisaOrleans.Client;

/// <content>The past of runs.</content>
public sealed partial class LisaClient
{
    /// <summary>The manifests of a run that are in the store, by step: those that it keeps, and the last.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task<IReadOnlyList<KeptState>> GetHistoryAsync(string run, CancellationToken cancellationToken = default)
    {
        RunTransfer.Checked(run);
        var history = await LongCallAsync((c, token) => c.Grains.GetGrain<IRunImportGrain>(run).GetHistory(token), cancellationToken)
            .ConfigureAwait(false);
        return history.Count > 0 ? history : throw new RunNotFoundException(run);
    }

    /// <summary>
    /// Makes a run that goes on from a manifest of another, with other settings or the same. No weight is copied.
    /// <see cref="StartAsync"/> starts it. May be repeated.
    /// </summary>
    /// <param name="from">The manifest, as RUN@STEP, RUN@best or RUN for its last.</param>
    /// <param name="run">The name of the run to make.</param>
    /// <param name="settings">Settings by their names in snake case, as people write them; null for no other.</param>
    /// <param name="cancellationToken">Gives up; the run is then there as a whole or not at all.</param>
    /// <exception cref="InvalidTrainingSettingException">A setting is unknown or cannot change, or the name is taken.</exception>
    /// <exception cref="InvalidTrainingInputException">There is no such manifest; the message says which the run keeps.</exception>
    /// <exception cref="RunExistsException">The same fork exists with other settings.</exception>
    /// <exception cref="ArgumentException">What follows '@' is no step.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<ForkedRun> ForkAsync(
        string from, string run, IReadOnlyDictionary<string, string>? settings = null, CancellationToken cancellationToken = default)
    {
        var address = RunTransfer.Address(from).ToString();
        var given = settings is null ? [] : new Dictionary<string, string>(settings);
        return LongCallAsync(
            (c, token) => c.Grains.GetGrain<IRunImportGrain>(RunTransfer.Checked(run)).Fork(address, given, token), cancellationToken);
    }

    // Reads many manifests, or all steps: an attempt that is given up has done nothing for the next.
    private Task<T> LongCallAsync<T>(Func<LisaConnection, CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        _calls.CallAsync(call, new(Timeout.InfiniteTimeSpan, _options.RetryTimeout), cancellationToken);
}
