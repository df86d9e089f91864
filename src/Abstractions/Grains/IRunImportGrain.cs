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
}
