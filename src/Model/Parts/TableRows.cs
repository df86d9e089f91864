using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Some rows of a table, with their numbers: the gradient of a matrix of which a step uses the rows of its tokens only, and what replicas
/// send each other of it.
/// </summary>
internal static class TableRows
{
    /// <summary>The distinct numbers, ascending, and where each of the given ones is among them: int64, in their shape.</summary>
    public static (long[] Rows, Tensor Places) Distinct(Tensor numbers)
    {
        using var scope = NewDisposeScope();
        var all = Numbers(numbers);
        var rows = all.Distinct().Order().ToArray();
        var places = Array.ConvertAll(all, n => (long)Array.BinarySearch(rows, n));
        return (rows, tensor(places, device: numbers.device).view(numbers.shape).MoveToOuterDisposeScope());
    }

    /// <summary>Row numbers as an index, int64 [N], which the caller owns.</summary>
    /// <exception cref="ArgumentException">They do not ascend, or are not all of the table.</exception>
    public static Tensor Index(ParameterSpec table, int[] rows, Device device)
    {
        var numbers = Array.ConvertAll(rows, r => (long)r);
        Check(table, numbers);
        return tensor(numbers, device: device);
    }

    /// <summary>Row numbers that somebody else has sent.</summary>
    /// <param name="table">Its name and shape, [R, ...].</param>
    /// <param name="rows">int64 [N], ascending; not owned.</param>
    /// <param name="values">[N, ...]; not owned.</param>
    /// <exception cref="ArgumentException">The rows do not ascend, or are not all of the table, or are not as many as the values.</exception>
    public static long[] Checked(ParameterSpec table, Tensor rows, Tensor values)
    {
        if (rows.dtype != ScalarType.Int64 || rows.dim() != 1) throw new ArgumentException($"row numbers of {table.Name} must be a list of int64");
        if (!values.shape.SequenceEqual([rows.shape[0], .. table.Shape.Skip(1)]))
        {
            throw new ArgumentException(
                $"{rows.shape[0]} rows of {table.Name}, [{string.Join(", ", table.Shape)}], were sent as [{string.Join(", ", values.shape)}]");
        }

        var numbers = Numbers(rows);
        Check(table, numbers);
        return numbers;
    }

    /// <summary>A sum as all of the table, with zeros in all other rows; frees what it was.</summary>
    /// <param name="sum">Of some rows, or of all.</param>
    /// <param name="shape">The table's.</param>
    public static LaneSum Whole(LaneSum sum, IReadOnlyList<long> shape)
    {
        if (sum.Rows is null) return sum;
        using var scope = NewDisposeScope();
        var whole = ZeroedMemory.Zeros(shape, sum.Value.dtype, sum.Value.device);
        whole.index_copy_(0, tensor(sum.Rows, device: whole.device), sum.Value);
        sum.Value.Dispose();
        return sum with { Value = whole, Rows = null };
    }

    /// <summary>Adds a sum of rows to all of a table, in float32. Frees both.</summary>
    public static Tensor AddTo(Tensor table, LaneSum rows)
    {
        using var scope = NewDisposeScope();
        using (rows.Value)
        {
            var sum = table;
            if (table.dtype != ScalarType.Float32)
            {
                using (table) sum = table.to(ScalarType.Float32);
            }

            sum.AddAtInPlace(tensor(rows.Rows!, device: sum.device), rows.Value.to(ScalarType.Float32));
            return ReferenceEquals(sum, table) ? sum : sum.DetachFromDisposeScope();
        }
    }

    /// <summary>The sum of two sums of rows, in float32, in the place of the first one. Frees both.</summary>
    public static LaneSum Plus(LaneSum left, LaneSum right)
    {
        using var scope = NewDisposeScope();
        var rows = left.Rows!.Union(right.Rows!).Order().ToArray();
        var (sum, added) = (left.Value, right.Value);
        if (rows.Length > left.Rows!.Length || sum.dtype != ScalarType.Float32)
        {
            using (left.Value)
            {
                sum = zeros([rows.Length, .. left.Value.shape[1..]], ScalarType.Float32, left.Value.device).DetachFromDisposeScope();
                sum.index_copy_(0, Places(left.Rows), left.Value.to(ScalarType.Float32));
            }
        }

        using (added)
        {
            sum.AddAtInPlace(Places(right.Rows!), added.to(ScalarType.Float32));
        }

        return left with { Value = sum, Rows = rows };

        Tensor Places(long[] some) => tensor(Array.ConvertAll(some, r => (long)Array.BinarySearch(rows, r)), device: sum.device);
    }

    /// <summary>Multiplies rows of a table with a number in place.</summary>
    public static void ScaleInPlace(Tensor table, long[] rows, double number)
    {
        using var scope = NewDisposeScope();
        var index = tensor(rows, device: table.device);
        var some = table.index_select(0, index);
        some.ScaleInPlace(number);
        table.index_copy_(0, index, some);
    }

    private static long[] Numbers(Tensor numbers)
    {
        using var scope = NewDisposeScope();
        return numbers.to(CPU).contiguous().data<long>().ToArray();
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
