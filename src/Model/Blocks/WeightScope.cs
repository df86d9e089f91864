using System.Globalization;

namespace LisaOrleans.Model;

/// <summary>
/// Where a block asks for its weights, by name and shape, on the line that uses them. One kind of scope only notes what is
/// asked for: that is the schema, for checks, planning and storage. The other hands out a part's parameters.
/// </summary>
public sealed class WeightScope
{
    private readonly string _prefix;
    private readonly Func<ParameterSpec, Weight> _ask;

    private WeightScope(string prefix, Func<ParameterSpec, Weight> ask) => (_prefix, _ask) = (prefix, ask);

    /// <summary>What a block asks for, in its order.</summary>
    internal static IReadOnlyList<ParameterSpec> Record(Action<WeightScope> ask)
    {
        var specs = new List<ParameterSpec>();
        ask(new WeightScope("", spec =>
        {
            specs.Add(spec);
            return new Weight(spec, null);
        }));
        return specs;
    }

    /// <summary>Hands out parameters, which it does not own.</summary>
    internal static WeightScope Over(IReadOnlyList<Parameter> parameters)
    {
        var byName = parameters.ToDictionary(p => p.Spec.Name);
        return new WeightScope("", spec => new Weight(spec, byName[spec.Name]));
    }

    /// <summary>The scope of a module in this one: its names begin with NAME and a dot.</summary>
    internal WeightScope Under(string name) => new($"{_prefix}{name}.", _ask);

    /// <summary>The scope of a module in a list.</summary>
    internal WeightScope Under(string name, int index) => Under(string.Create(CultureInfo.InvariantCulture, $"{name}.{index}"));

    /// <summary>A weight that decays.</summary>
    internal Weight Matrix(string name, params long[] shape) => _ask(new ParameterSpec(_prefix + name, shape, Decay: true));

    /// <summary>A weight that decays and has a row for each token or position.</summary>
    internal Weight Table(string name, params long[] shape) => _ask(new ParameterSpec(_prefix + name, shape, Decay: true, PerToken: true));

    /// <summary>A weight that does not decay: that of a norm, or a bias.</summary>
    internal Weight Vector(string name, params long[] shape) => _ask(new ParameterSpec(_prefix + name, shape, Decay: false));
}
