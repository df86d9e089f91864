namespace LisaOrleans.Grains;

/// <summary>
/// The part after another. On the same silo it is called at once, without a message, so that the device has its work as soon as that of the
/// part before has ended: a message and the two changes of threads that go with it take longer than a small layer. On another silo its grain
/// is called. Made in a turn of the grain before it.
/// </summary>
/// <param name="parts">The parts on this silo.</param>
/// <param name="run">The run.</param>
/// <param name="name">The next part's name.</param>
/// <param name="grain">Its grain.</param>
/// <param name="isHere">Whether it is on this silo.</param>
internal sealed class NextPart(LocalParts parts, string run, string name, IPartGrain grain, bool isHere)
{
    private readonly TaskScheduler _turns = TaskScheduler.Current;

    /// <inheritdoc cref="IPartGrain.Run"/>
    public Task<MicroBatchResult> Run(MicroBatchCall call, CancellationToken cancellationToken) =>
        isHere && parts.Find(run, name) is { } here
            ? here.Walk(call, cancellationToken)
            : Task.Factory.StartNew(() => grain.Run(call, cancellationToken), cancellationToken, TaskCreationOptions.DenyChildAttach, _turns)
                .Unwrap();
}
