using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>
/// A tensor that waits for its receiver. Exactly one of those that take it, send it or give it up becomes its owner, even if
/// they act at the same moment.
/// </summary>
/// <param name="tensor">The tensor.</param>
/// <param name="run">Its run.</param>
/// <param name="generation">The run's generation.</param>
/// <param name="since">When it was published, as the clock's timestamp.</param>
internal sealed class HeldTensor(Tensor tensor, string run, long generation, long since)
{
    private int _state;

    private enum State
    {
        Waiting,
        Sending,

        // Given up in the middle of a transfer, which frees it when it ends.
        Unwanted,

        Gone,
    }

    public Tensor Tensor => tensor;

    public string Run => run;

    public long Generation => generation;

    public long Since => since;

    /// <summary>The tensor's size.</summary>
    public long Bytes { get; } = tensor.numel() * tensor.element_size();

    public bool Waiting => Volatile.Read(ref _state) == (int)State.Waiting;

    /// <summary>Takes the tensor; the caller owns it if this is true.</summary>
    public bool TryTake() => Move(State.Waiting, State.Gone);

    /// <summary>Begins a transfer, which must end with <see cref="EndSend"/>, if this is true.</summary>
    public bool TrySend() => Move(State.Waiting, State.Sending);

    /// <summary>Ends a transfer: if it failed, the tensor waits again. The caller owns the tensor if this is true.</summary>
    public bool EndSend(bool sent)
    {
        if (!sent && Move(State.Sending, State.Waiting)) return false;
        Volatile.Write(ref _state, (int)State.Gone);
        return true;
    }

    /// <summary>
    /// Gives up a tensor that nobody will come for any more. The caller owns it if this is true; else a transfer under way
    /// frees it.
    /// </summary>
    public bool GiveUp()
    {
        while (true)
        {
            if (Move(State.Waiting, State.Gone)) return true;
            if (Move(State.Sending, State.Unwanted) || Volatile.Read(ref _state) is (int)State.Unwanted or (int)State.Gone) return false;
        }
    }

    private bool Move(State from, State to) => Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
}
