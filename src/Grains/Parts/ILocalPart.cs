namespace LisaOrleans.Grains;

/// <summary>A loaded part, for the part before it on the same silo.</summary>
internal interface ILocalPart
{
    /// <summary>
    /// As <see cref="IPartGrain.Run"/>, but without a message, and outside the turns of the part's grain: on the device's thread, which goes
    /// on with the work that this queues.
    /// </summary>
    Task<MicroBatchResult> Walk(MicroBatchCall call, CancellationToken cancellationToken);
}
