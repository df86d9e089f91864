using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>A tensor that waits for its receiver. Owned by the exchange, and by a transfer while one goes on.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Run">Its run.</param>
/// <param name="Generation">The run's generation.</param>
/// <param name="Since">When it was published, as the clock's timestamp.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record HeldTensor(Tensor Tensor, string Run, long Generation, long Since, long Bytes);
