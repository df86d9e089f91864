namespace LisaOrleans.Data.Tests;

public sealed class CounterRandomTests
{
    // From a Python program whose finalizer gives Vigna's published SplitMix64 numbers for seed 0 (0xE220A8397B1DCDAF, …).
    // Changing these numbers would change the batches of every run that is yet to be resumed.
    [Theory]
    [InlineData(0, 0, new[] { 0x1CD364143CCE4AAEUL, 0x74152FFAFB44A602UL, 0x12F768F77AAFC9EDUL })]
    [InlineData(1, 2, new[] { 0x966E08CA756CAFB9UL, 0xF3BFEFFE0E8C79FFUL, 0x49BD925983516D95UL })]
    [InlineData(2, 1, new[] { 0x200AA0F1575B0657UL, 0x265414D23D2C94FAUL, 0x2A4C82AB085AB3D1UL })]
    [InlineData(ulong.MaxValue, ulong.MaxValue, new[] { 0xDE4768C9346B359AUL, 0xDD043C7AD7CB98FFUL, 0x236F6160F9746FE5UL })]
    public void NextUInt64_numbers_of_a_seed_and_stream_never_change(ulong seed, ulong stream, ulong[] expected)
    {
        var random = new CounterRandom(seed, stream);
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(_ => random.NextUInt64()));
    }

    [Theory]
    [InlineData(2, 10.83)]
    [InlineData(10, 27.88)]
    [InlineData(64, 103.44)]
    public void NextInt_numbers_below_a_bound_are_equally_likely(int bound, double critical)
    {
        var (within, across) = (new int[bound], new int[bound]);
        var random = new CounterRandom(7, 0);
        for (var i = 0; i < 50_000; i++)
        {
            within[random.NextInt(bound)]++;
            across[new CounterRandom(7, (ulong)i).NextInt(bound)]++;
        }

        // The critical value at 0.1 % for bound - 1 degrees of freedom.
        Assert.InRange(ChiSquare.Uniform(within), 0, critical);
        Assert.InRange(ChiSquare.Uniform(across), 0, critical);
    }

    [Fact]
    public void NextInt_bound_of_one_gives_zero_and_lower_bounds_are_refused()
    {
        var random = new CounterRandom(1, 1);
        Assert.Equal(0, random.NextInt(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(-1));
    }
}
