using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// What the adapters of a part drop in a training pass: a pure function of seed, step, micro-batch and module, so that a pass that
/// is computed again, here or elsewhere, drops the same.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="share">The share of inputs that is dropped.</param>
internal sealed class LoraPass(ulong seed, double share)
{
    /// <value>Step and micro-batch of the pass; null (default) where nothing is dropped: in evaluation and generation.</value>
    public (long Step, int MicroBatch)? Current { get; set; }

    /// <summary>Whether something is dropped in the present pass.</summary>
    public bool Drops => share > 0 && Current is not null;

    /// <summary>
    /// Bytes that dropping some of a map's inputs takes for a while: two numbers in float32 for each of them, before the mask and what it
    /// leaves are there, which are kept.
    /// </summary>
    /// <param name="tokens">Tokens of a micro-batch.</param>
    /// <param name="map">The map.</param>
    /// <param name="size">Bytes of a number in the compute dtype.</param>
    public static long BytesOfMask(long tokens, LinearMap map, long size) => checked(2 * (sizeof(float) - size) * tokens * map.Input);

    /// <summary>A module's input with some numbers 0 and the others scaled up; only if <see cref="Drops"/>.</summary>
    public Tensor Drop(Tensor x, string module)
    {
        using var scope = NewDisposeScope();
        return (x * Mask(x, module)).MoveToOuterDisposeScope();
    }

    // What an input is multiplied by. Only this is kept for the backward pass, and not what it is made from.
    private Tensor Mask(Tensor x, string module)
    {
        using var scope = NewDisposeScope();
        var mask = Shifted().floor_().to(x.dtype);
        mask.ScaleInPlace(1 / (1 - share));
        return mask.MoveToOuterDisposeScope();

        Tensor Shifted()
        {
            using var generator = new Generator(Key(module), x.device);
            using var uniform = rand(x.shape, ScalarType.Float32, x.device, generator: generator);
            return uniform.Plus(1 - share);
        }
    }

    private ulong Key(string module)
    {
        var (step, microBatch) = Current!.Value;
        var bytes = new byte[20 + Encoding.UTF8.GetByteCount(module)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), step);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), microBatch);
        Encoding.UTF8.GetBytes(module, bytes.AsSpan(20));
        return XxHash3.HashToUInt64(bytes);
    }
}
