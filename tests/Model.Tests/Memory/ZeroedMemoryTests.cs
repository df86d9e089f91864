using System.Globalization;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class ZeroedMemoryTests
{
    [Fact]
    public void Zeros_table_takes_the_memory_of_the_rows_that_are_written()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using var mode = no_grad();
        using var table = ZeroedMemory.Zeros([4096, 1024], ScalarType.Float32, CPU);
        using var rows = tensor(new[] { 3L, 4000L });
        using var values = ones(2, 1024);
        using var filled = table.index_copy_(0, rows, values);
        Assert.Equal(0, TensorMemory.Address(table) % 64);

        // A row is a page; those that are only read, too, take none of their own.
        using var sum = table.sum();
        Assert.Equal(2048, sum.item<float>());
        Assert.InRange(Resident(TensorMemory.Address(table), 4096 * 4096), 2 * 4096, 16 * 4096);

        // Nothing of it is anybody else's.
        using var next = ZeroedMemory.Zeros([4096, 1024], ScalarType.Float32, CPU);
        using var none = next.sum();
        Assert.Equal(0, none.item<float>());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Zeros_of_any_size_are_zeros(ScalarType dtype)
    {
        foreach (var rows in (long[])[0, 3, 5000])
        {
            using var zeros = ZeroedMemory.Zeros([rows, 256], dtype, CPU);
            Assert.Equal([rows, 256], zeros.shape);
            Assert.Equal(dtype, zeros.dtype);
            Assert.DoesNotContain(zeros.bytes.ToArray(), b => b != 0);
        }
    }

    // Bytes of the mappings in a range that are in memory, apart from pages that others share.
    private static long Resident(nint address, long length)
    {
        var (inside, bytes) = (false, 0L);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0].Split('-') is [var from, var to] && Address(from) is { } begin && Address(to) is { } end)
                inside = end > address && begin < address + length;
            else if (inside && words[0] == "Anonymous:")
                bytes += 1024 * long.Parse(words[1], CultureInfo.InvariantCulture);
        }

        return bytes;

        static long? Address(string text) =>
            long.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
