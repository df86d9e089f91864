using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LisaOrleans.Model;

/// <summary>Seeds of random numbers that an optimizer makes again when a step is repeated.</summary>
internal static class RandomKey
{
    /// <summary>A seed for one purpose of a run.</summary>
    /// <param name="seed">The run's.</param>
    /// <param name="purpose">What the numbers are for: a parameter's name, the update, and what else tells them apart.</param>
    public static ulong Of(ulong seed, FormattableString purpose) =>
        BinaryPrimitives.ReadUInt64LittleEndian(
            SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}/") + FormattableString.Invariant(purpose))));
}
