namespace LisaOrleans.Client;

/// <content>Starting and stopping runs.</content>
public sealed partial class LisaClient
{
    /// <summary>Starts a run that is in the store, or resumes it. Does nothing for a run that is training.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <exception cref="RunEndedException">The run was cancelled.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task StartAsync(string run, CancellationToken cancellationToken = default) =>
        CallAsync(c => RunTransfer.Done(c.Run(RunTransfer.Checked(run)).Start()), cancellationToken);

    /// <summary>Stops a run after its step, with a manifest. Returns when it has stopped.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="cancellationToken">Gives up waiting; the run stops all the same.</param>
    /// <exception cref="RunEndedException">The run has failed.</exception>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task PauseAsync(string run, CancellationToken cancellationToken = default) =>
        ControlAsync(run, r => r.Pause(), _options.StopTimeout, cancellationToken);

    /// <summary>Continues a run that was paused or has failed. Does nothing for a run that is training.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <exception cref="RunEndedException">The run was cancelled.</exception>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task ResumeAsync(string run, CancellationToken cancellationToken = default) =>
        ControlAsync(run, r => r.Start(), _options.RetryTimeout, cancellationToken);

    /// <summary>Stops a run for good after its step, with a manifest. Returns when it has stopped.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="cancellationToken">Gives up waiting; the run stops all the same.</param>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task CancelAsync(string run, CancellationToken cancellationToken = default) =>
        ControlAsync(run, r => r.Cancel(), _options.StopTimeout, cancellationToken);

    private async Task ControlAsync(string run, Func<IRunGrain, Task> action, TimeSpan patience, CancellationToken cancellationToken)
    {
        await GetAsync(run, cancellationToken).ConfigureAwait(false);
        await _calls.CallAsync((c, _) => RunTransfer.Done(action(c.Run(run))), new(CallPatience.Longest, patience), cancellationToken)
            .ConfigureAwait(false);
    }
}
