using System.Runtime.CompilerServices;
using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LisaOrleans.Client;

/// <summary>
/// Submits fine-tuning runs to a cluster, follows and controls them, and downloads their models. One is enough for a
/// process; all members may be called at any time from any thread. Every call survives the loss of silos.
/// </summary>
public sealed partial class LisaClient : IAsyncDisposable
{
    private const int PageEvents = 500;
    private static readonly TimeSpan s_eventPatience = TimeSpan.FromSeconds(1);

    // Calls that a silo answers at once. A busy silo gets more time with each attempt.
    private static readonly TimeSpan s_attempt = TimeSpan.FromSeconds(2);

    private readonly LisaClientOptions _options;
    private readonly ClusterCalls _calls;

    internal LisaClient(LisaClientOptions options, ILoggerFactory? logging, TimeProvider time) =>
        (_options, _calls) = (options, new ClusterCalls(options, logging, time));

    /// <summary>Connects without a host. In a service use <see cref="LisaClientServiceCollectionExtensions.AddLisaClient"/>.</summary>
    /// <param name="options">Where the cluster is.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <exception cref="OptionsValidationException">An option is wrong.</exception>
    /// <exception cref="ClusterUnavailableException">No silo answered in time.</exception>
    public static async Task<LisaClient> ConnectAsync(LisaClientOptions options, CancellationToken cancellationToken = default)
    {
        var checkedOptions = new LisaClientOptionsValidator().Validate(null, options);
        if (checkedOptions.Failed) throw new OptionsValidationException("", typeof(LisaClientOptions), checkedOptions.Failures);
        var client = new LisaClient(options, null, TimeProvider.System);
        try
        {
            await client.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Uploads model and data to the store, creates a run from them and starts it. Sending the same request again resumes the run; an
    /// interrupted upload continues where it stopped.
    /// </summary>
    /// <param name="request">What the run is made from.</param>
    /// <param name="progress">Receives the progress of the upload; null for none.</param>
    /// <param name="cancellationToken">Cancels the call. What was uploaded stays; the run then exists as a whole or not at all.</param>
    /// <exception cref="InvalidTrainingSettingException">A setting is outside what is allowed.</exception>
    /// <exception cref="InvalidTrainingInputException">The model or the data cannot be used.</exception>
    /// <exception cref="RunExistsException">A run of this name exists and would give another result.</exception>
    /// <exception cref="RunEndedException">A run of this name was cancelled.</exception>
    /// <exception cref="InvalidOperationException"><see cref="LisaClientOptions.Store"/> is not set.</exception>
    /// <exception cref="StoreLocationException">The store is not there, or may not be used.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task<SubmittedRun> SubmitAsync(
        RunRequest request, IProgress<UploadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var run = RunTransfer.Checked(request.Spec.RunName);
        TrainingSettings.Open.Check(request.Spec);
        TrainingSettings.Open.Check(request.Dataset);
        TrainingSettings.Open.CheckUse(request.Spec);
        EvaluationRules.CheckData(request.Spec, request.Dataset, request.EvalDataFile is not null);
        var store = await OpenStoreAsync(cancellationToken).ConfigureAwait(false);
        await CheckStoreAsync(store, cancellationToken).ConfigureAwait(false);
        var submission = await new ModelUpload(store, progress).UploadAsync(request, cancellationToken).ConfigureAwait(false);
        var submitted = await RunTransfer.ImportAsync(_calls, _options, run, submission, cancellationToken).ConfigureAwait(false);
        if (!submitted.Completed) await StartAsync(run, cancellationToken).ConfigureAwait(false);
        return submitted;
    }

    /// <summary>Where a run is now.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task<RunStatus> GetAsync(string run, CancellationToken cancellationToken = default)
    {
        RunTransfer.Checked(run);
        var status = await CallAsync(c => c.Run(run).GetStatus(), cancellationToken).ConfigureAwait(false);
        return status.Generation > 0 ? status : throw new RunNotFoundException(run);
    }

    /// <summary>Which decoder layers of a run have trained when, which do now, and which will.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="past">At most so many of the periods that have ended; up to 100.</param>
    /// <param name="coming">At most so many of the periods to come; up to 100.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task<LayerSchedule> GetScheduleAsync(string run, int past = 100, int coming = 10, CancellationToken cancellationToken = default)
    {
        RunTransfer.Checked(run);
        return await CallAsync(
            c => c.Grains.GetGrain<ILayerSchedulerGrain>(run).GetSchedule(past, coming, cancellationToken), cancellationToken).ConfigureAwait(false)
            ?? throw new RunNotFoundException(run);
    }

    /// <summary>All runs of the cluster's store, by name.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<IReadOnlyList<RunStatus>> ListAsync(CancellationToken cancellationToken = default) =>
        CallAsync(c => c.Cluster.ListRuns(), cancellationToken);

    /// <summary>
    /// The events of a run, past ones first and then those to come, each once and in order, until the run has succeeded, failed
    /// or was cancelled: across new connections, silos that die and runs that move. The <see cref="TrainingEvent.Position"/> of
    /// the last event is where another watch, of another process too, can go on.
    /// </summary>
    /// <param name="run">The run's name.</param>
    /// <param name="options">Where to begin and when to end; null for all events, to the end.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster did not answer for <see cref="LisaClientOptions.WatchTimeout"/>.</exception>
    public async IAsyncEnumerable<TrainingEvent> WatchAsync(
        string run, WatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new WatchOptions();
        var position = options.After;
        if (options.IsEnd(await GetAsync(run, cancellationToken).ConfigureAwait(false), position)) yield break;
        while (true)
        {
            var after = position;
            var events = await _calls.CallAsync(
                (c, token) => c.Run(run).WaitForEvents(after, PageEvents, s_eventPatience, token),
                new(s_attempt, _options.WatchTimeout), cancellationToken).ConfigureAwait(false);
            foreach (var happened in events)
            {
                position = happened.Position;
                yield return happened;
            }

            // Only the status tells whether an end is the end: a run that failed or was paused can be started again.
            if (events.Count > 0 && events[^1] is not RunEnded) continue;
            var status = await _calls.CallAsync(
                (c, _) => c.Run(run).GetStatus(), new(s_attempt, _options.WatchTimeout), cancellationToken).ConfigureAwait(false);
            if (options.IsEnd(status, position)) yield break;
        }
    }

    /// <summary>
    /// Writes a run's last manifest as a Hugging Face folder: config.json, tokenizer files and safetensors. Reads the store only;
    /// no silo is needed.
    /// </summary>
    /// <param name="run">The run's name, or one of its manifests as RUN@STEP or RUN@best.</param>
    /// <param name="folder">Made where it is not there. Each file in it appears whole or not at all.</param>
    /// <param name="cancellationToken">Gives up between two files.</param>
    /// <returns>The manifest's step.</returns>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="InvalidOperationException"><see cref="LisaClientOptions.Store"/> is not set.</exception>
    /// <exception cref="StoreLocationException">The store is not there, or may not be used.</exception>
    /// <exception cref="InvalidDataFileException">Something in the store is damaged.</exception>
    public async Task<long> DownloadModelAsync(string run, string folder, CancellationToken cancellationToken = default)
    {
        var address = RunTransfer.Address(run);
        var store = await OpenStoreAsync(cancellationToken).ConfigureAwait(false);
        return await RunTransfer.DownloadAsync(store, address, folder, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Silos that hold parts of runs now.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<IReadOnlyList<SiloDescription>> GetSilosAsync(CancellationToken cancellationToken = default) =>
        CallAsync(c => c.Cluster.GetTrainingSilos(), cancellationToken);

    /// <summary>The addresses of all silos of the cluster, whatever their roles, and of those that died lately.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task<IReadOnlyList<string>> GetMembersAsync(CancellationToken cancellationToken = default)
    {
        var hosts = await CallAsync(c => c.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: false), cancellationToken)
            .ConfigureAwait(false);
        return [.. hosts.Keys.Select(s => s.ToParsableString())];
    }

    /// <summary>Whether a run can fit the cluster's silos; submitting checks it too.</summary>
    /// <param name="spec">The run's settings.</param>
    /// <param name="configJson">The content of the model's config.json.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Null where it fits; else why it does not, with the numbers.</returns>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<string?> CheckCapacityAsync(TrainingSpec spec, string configJson, CancellationToken cancellationToken = default) =>
        CallAsync(c => c.Cluster.CheckCapacity(spec, configJson), cancellationToken);

    /// <summary>Checks that <see cref="LisaClientOptions.Store"/> is the one that the cluster works on; submitting checks it too.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StoreLocationException">It is another one.</exception>
    /// <exception cref="InvalidOperationException"><see cref="LisaClientOptions.Store"/> is not set.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task CheckStoreAsync(CancellationToken cancellationToken = default) =>
        await CheckStoreAsync(await OpenStoreAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>Checks that a store is the one that the cluster works on.</summary>
    /// <param name="store">The store, as it is reached from here.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StoreLocationException">It is another one.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task CheckStoreAsync(IBlobStore store, CancellationToken cancellationToken = default)
    {
        // The cluster's is asked first: asking gives it an id, where it is new.
        var theirs = await CallAsync(c => c.Cluster.GetStore(), cancellationToken).ConfigureAwait(false);
        if ((await StoreFormat.ReadAsync(store, cancellationToken).ConfigureAwait(false))?.Id != theirs.Id)
            throw new StoreLocationException($"{store.Location} is not the store of cluster '{_options.ClusterId}'; its silos use {theirs.Location}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _calls.DisposeAsync();

    internal Task ConnectAsync(CancellationToken cancellationToken) => _calls.ConnectAsync(cancellationToken);

    private Task<T> CallAsync<T>(Func<LisaConnection, Task<T>> call, CancellationToken cancellationToken) =>
        _calls.CallAsync((c, _) => call(c), new(s_attempt, _options.RetryTimeout), cancellationToken);

    private Task<IBlobStore> OpenStoreAsync(CancellationToken cancellationToken) => _options.Store is { } store
        ? BlobStores.OpenAsync(store, _options.S3 ?? new S3Options(), cancellationToken)
        : throw new InvalidOperationException(
            $"{nameof(LisaClientOptions)}.{nameof(LisaClientOptions.Store)} is not set; submitting and downloading need the cluster's store");
}
