namespace LisaOrleans.Silo;

/// <summary>
/// Tells that the machine is about to be taken away. To add a cloud: implement this, and list it in
/// <see cref="PreemptionSources"/>.
/// </summary>
public interface IPreemptionSource
{
    /// <summary>Its name for settings and logs.</summary>
    string Name { get; }

    /// <summary>Asks once.</summary>
    /// <returns>The notice, or null while there is none.</returns>
    /// <exception cref="HttpRequestException">The service could not be asked; the caller asks again.</exception>
    /// <exception cref="InvalidDataException">Its answer makes no sense; the caller asks again.</exception>
    Task<PreemptionNotice?> PollAsync(CancellationToken cancellationToken);

    /// <summary>Tells the service that the machine is ready to go, if the service wants to know.</summary>
    Task ApproveAsync(PreemptionNotice notice, CancellationToken cancellationToken);
}
