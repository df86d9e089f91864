using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Some rows of a table, with their numbers: what replicas send of a matrix of which they use the rows of a step's tokens only.</summary>
internal static class TableRows
{
    /// <summary>The distinct numbers, ascending.</summary>
    public static long[] Distinct(IEnumerable<Tensor> numbers)
    {
        var distinct = new SortedSet<long>();
        foreach (var some in numbers)
        {
            using var host = some.to(CPU);
            distinct.UnionWith(host.data<long>().ToArray());
        }

        return [.. distinct];
    }

    /// <summary>Row numbers as an index, int64 [N], which the caller owns.</summary>
    /// <exception cref="ArgumentException">They do not ascend, or are not all of the table.</exception>
    public static Tensor Index(ParameterSpec table, int[] rows, Device device)
    {
        var numbers = Array.ConvertAll(rows, r => (long)r);
        Check(table, numbers);
        return tensor(numbers, device: device);
    }

    /// <summary>The table with zeros in all other rows; the caller owns it.</summary>
    /// <param name="table">Its name and shape, [R, ...].</param>
    /// <param name="rows">int64 [N], ascending; not owned.</param>
    /// <param name="values">[N, ...]; not owned.</param>
    /// <exception cref="ArgumentException">The rows do not ascend, or are not all of the table, or are not as many as the values.</exception>
    public static Tensor Spread(ParameterSpec table, Tensor rows, Tensor values)
    {
        if (rows.dtype != ScalarType.Int64 || rows.dim() != 1) throw new ArgumentException($"row numbers of {table.Name} must be a list of int64");
        if (!values.shape.SequenceEqual([rows.shape[0], .. table.Shape.Skip(1)]))
        {
            throw new ArgumentException(
                $"{rows.shape[0]} rows of {table.Name}, [{string.Join(", ", table.Shape)}], were sent as [{string.Join(", ", values.shape)}]");
        }

        using var host = rows.to(CPU);
        Check(table, host.data<long>().ToArray());
        using var scope = NewDisposeScope();
        return zeros([.. table.Shape], values.dtype, values.device).index_copy_(0, rows, values).DetachFromDisposeScope();
    }

    // libtorch would read or write beyond the table.
    private static void Check(ParameterSpec table, long[] rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0 && rows[i] < table.Shape[0] && (i == 0 || rows[i] > rows[i - 1])) continue;
            throw new ArgumentException(
                $"row numbers of {table.Name} must ascend between 0 and {table.Shape[0] - 1}; number {i} is {rows[i]}"
                + (i == 0 ? "" : $" after {rows[i - 1]}"));
        }
    }
}
