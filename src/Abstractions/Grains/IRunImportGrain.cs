using Orleans.Concurrency;

namespace LisaOrleans;

/// <summary>
/// Creates a run from files that a client has uploaded to the store: checks them, tokenises the data, and writes the run's
/// first manifest. Its key is the run's name, so that two submissions of one name come one after the other.
/// </summary>
public interface IRunImportGrain : IGrainWithStringKey
{
    /// <summary>
    /// Makes the run, or checks that the one of this name would give the same result; does not start it. May be repeated.
    /// </summary>
    /// <param name="submission">What the run is to be made from.</param>
    /// <param name="cancellationToken">Gives up; a run is then there as a whole or not at all.</param>
    /// <exception cref="InvalidTrainingSettingException">A setting is outside what is allowed.</exception>
    /// <exception cref="InvalidTrainingInputException">The model or the data cannot be used.</exception>
    /// <exception cref="RunExistsException">The run exists and would give another result.</exception>
    [ResponseTimeout("04:00:00")]
    Task<SubmittedRun> Import(RunSubmission submission, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a run of the grain's name that goes on from a manifest of another; no weight is copied, and nothing is started. May be
    /// repeated.
    /// </summary>
    /// <param name="from">The manifest, as <c>RUN@STEP</c>, <c>RUN@best</c> or <c>RUN</c> for its last.</param>
    /// <param name="settings">Settings in the place of those of the manifest's run, as people write them, by their names in snake case.</param>
    /// <param name="cancellationToken">Gives up; a run is then there as a whole or not at all.</param>
    /// <exception cref="InvalidTrainingSettingException">A setting is unknown or cannot change, or the name is taken.</exception>
    /// <exception cref="InvalidTrainingInputException">There is no such manifest.</exception>
    /// <exception cref="RunExistsException">The same fork exists with other settings.</exception>
    [ResponseTimeout("00:10:00")]
    Task<ForkedRun> Fork(string from, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken);

    /// <summary>The manifests of the run of the grain's name that are in the store, by step; empty where there is no such run.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    [ResponseTimeout("00:10:00"), AlwaysInterleave]
    Task<IReadOnlyList<KeptState>> GetHistory(CancellationToken cancellationToken);
}
