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

        // A row is a page. Before others are read: some kernels have no page of zeros that all share, and give each that is read one.
        Assert.InRange(Resident(TensorMemory.Address(table)), 2 * 4096, 16 * 4096);
        using var sum = table.sum();
        Assert.Equal(2048, sum.item<float>());
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

    // Bytes of the mapping at an address that are in memory, apart from a page of zeros that all share.
    private static long Resident(nint address)
    {
        var lines = File.ReadLines("/proc/self/smaps").SkipWhile(l => !Holds(l)).Skip(1);
        var found = lines.First(l => l.StartsWith("Anonymous:", StringComparison.Ordinal));
        return 1024 * long.Parse(found.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

        bool Holds(string line)
        {
            var range = line.Split(' ')[0].Split('-');
            return range.Length == 2 && long.TryParse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var from)
                && long.TryParse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var to) && address >= from && address < to;
        }
    }
}
