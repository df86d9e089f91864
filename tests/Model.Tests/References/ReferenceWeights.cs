namespace LisaOrleans.Model.Tests;

/// <summary>Weights in double precision by Hugging Face's names; notes which of them a reference has used.</summary>
internal sealed class ReferenceWeights(IReadOnlyDictionary<string, (long[] Shape, double[] Values)> tensors)
{
    public HashSet<string> Used { get; } = [];

    public bool Has(string name) => tensors.ContainsKey(name);

    public double[] Vector(string name)
    {
        Used.Add(name);
        return tensors[name].Values;
    }

    /// <summary>Rows of a matrix.</summary>
    public double[][] Matrix(string name)
    {
        Used.Add(name);
        var (shape, values) = tensors[name];
        var width = (int)shape[1];
        return [.. Enumerable.Range(0, (int)shape[0]).Select(r => values[(r * width)..((r + 1) * width)])];
    }

    /// <summary>The matrices along the first dimension of a tensor with three.</summary>
    public double[][][] Matrices(string name)
    {
        Used.Add(name);
        var (shape, values) = tensors[name];
        var (rows, width) = ((int)shape[1], (int)shape[2]);
        return [.. Enumerable.Range(0, (int)shape[0]).Select(m => Enumerable.Range(0, rows)
            .Select(r => values[(((m * rows) + r) * width)..(((m * rows) + r + 1) * width)]).ToArray())];
    }

    /// <summary>The same with one tensor moved along a direction.</summary>
    public ReferenceWeights Moved(string name, double[] direction, double distance) => new(
        new Dictionary<string, (long[] Shape, double[] Values)>(tensors)
        {
            [name] = (tensors[name].Shape, [.. tensors[name].Values.Zip(direction, (v, d) => v + (d * distance))]),
        });
}
