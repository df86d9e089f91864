using TorchSharp;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Arithmetic of tensors with numbers, and sums of tensors. TorchSharp (0.107) passes libtorch the address of a temporary
/// number, even for the 1 in x + 1 · y, and keeps no reference to it: a garbage collection at that moment frees the number
/// while it is read, and the result is wrong, mostly without an error. Here numbers live until the operator has returned. A
/// test checks that this assembly calls none of TorchSharp's own operators that do this.
/// </summary>
public static class TensorArithmetic
{
    // Kept for the life of the process.
    private static readonly Scalar s_one = 1L.ToScalar();

    /// <summary>x + y, with broadcasting.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, s_one);

    /// <summary>x + number.</summary>
    public static Tensor Plus(this Tensor x, double number)
    {
        using var kept = number.ToScalar();
        return x.add(kept, s_one);
    }

    /// <summary>x · number.</summary>
    public static Tensor Times(this Tensor x, double number)
    {
        using var kept = number.ToScalar();
        return x.mul(kept);
    }

    /// <summary>x / number.</summary>
    public static Tensor Over(this Tensor x, double number)
    {
        using var kept = number.ToScalar();
        return x.div(kept);
    }

    /// <summary>x · x. TorchSharp's own operator raises to a power that is such a number.</summary>
    public static Tensor Squared(this Tensor x) => x.mul(x);

    /// <summary>x, with the number in its place where the mask is true.</summary>
    public static Tensor Filled(this Tensor x, Tensor mask, double number)
    {
        using var kept = number.ToScalar();
        return x.masked_fill(mask, kept);
    }

    /// <summary>x, cut off below and above; null for no limit.</summary>
    public static Tensor Clamped(this Tensor x, double? least, double? most)
    {
        using var from = least?.ToScalar();
        using var to = most?.ToScalar();
        return x.clamp(from, to);
    }

    /// <summary>Adds y to x in place.</summary>
    public static void AddInPlace(this Tensor x, Tensor y) => x.add_(y, s_one);

    /// <summary>Adds y [N, ...] to the rows of x that the int64 indices [N] name, in place.</summary>
    public static void AddAtInPlace(this Tensor x, Tensor indices, Tensor y) => x.index_add_(0, indices, y, s_one);

    /// <summary>Multiplies x with a number in place.</summary>
    public static void ScaleInPlace(this Tensor x, double number)
    {
        using var kept = number.ToScalar();
        x.mul_(kept);
    }

    /// <summary>The whole numbers from a first one up to, but not including, an end.</summary>
    /// <param name="first">The first.</param>
    /// <param name="end">The first that is not in it.</param>
    /// <param name="dtype">The dtype.</param>
    /// <param name="device">The device; null for the CPU.</param>
    public static Tensor Range(long first, long end, ScalarType dtype, Device? device = null)
    {
        using var start = first.ToScalar();
        using var stop = end.ToScalar();
        return arange(start, stop, s_one, dtype, device);
    }
}
