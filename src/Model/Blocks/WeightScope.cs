using System.Globalization;

namespace LisaOrleans.Model;

/// <summary>
/// Where a block asks for its weights, by name and shape, on the line that uses them. One kind of scope only notes what is
/// asked for: that is the schema, for checks, planning and storage. The other hands out a part's parameters, and the adapters of
/// its linear maps.
/// </summary>
public sealed class WeightScope
{
    private readonly string _prefix;
    private readonly Func<ParameterSpec, Weight> _ask;
    private readonly Func<LinearMap, LoraModule?> _adapt;
    private readonly bool _ofExperts;

    private WeightScope(string prefix, Func<ParameterSpec, Weight> ask, Func<LinearMap, LoraModule?> adapt, bool ofExperts = false) =>
        (_prefix, _ask, _adapt, _ofExperts) = (prefix, ask, adapt, ofExperts);

    /// <summary>What a block asks for, in its order.</summary>
    internal static IReadOnlyList<ParameterSpec> Record(Action<WeightScope> ask)
    {
        var specs = new List<ParameterSpec>();
        ask(new WeightScope("", spec =>
        {
            specs.Add(spec);
            return new Weight(spec, null);
        }, _ => null));
        return specs;
    }

    /// <summary>The linear maps of a block, in its order.</summary>
    internal static IReadOnlyList<LinearMap> RecordMaps(Action<WeightScope> ask)
    {
        var maps = new List<LinearMap>();
        ask(new WeightScope("", spec => new Weight(spec, null), map =>
        {
            maps.Add(map);
            return null;
        }));
        return maps;
    }

    /// <summary>Hands out parameters, which it does not own.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="adapters">Adapters by the names of linear maps; null for none.</param>
    internal static WeightScope Over(IReadOnlyList<Parameter> parameters, IReadOnlyDictionary<string, LoraModule>? adapters = null)
    {
        var byName = parameters.ToDictionary(p => p.Spec.Name);
        return new WeightScope("", spec => new Weight(spec, byName[spec.Name]), map => adapters?.GetValueOrDefault(map.Name));
    }

    /// <summary>The scope of a module in this one: its names begin with NAME and a dot.</summary>
    internal WeightScope Under(string name) => new($"{_prefix}{name}.", _ask, _adapt, _ofExperts);

    /// <summary>The same scope, for router and experts.</summary>
    internal WeightScope OfExperts() => new(_prefix, _ask, _adapt, ofExperts: true);

    /// <summary>The adapter of a linear map, NAME; null where it has none.</summary>
    internal LoraModule? Adapter(string name, long input, long output, bool transposed) =>
        _adapt(new LinearMap(_prefix + name, input, output, transposed, _ofExperts));

    /// <summary>The scope of a module in a list.</summary>
    internal WeightScope Under(string name, int index) => Under(string.Create(CultureInfo.InvariantCulture, $"{name}.{index}"));

    /// <summary>A weight that decays: [..., output, input].</summary>
    internal Weight Matrix(string name, params long[] shape) => _ask(new ParameterSpec(_prefix + name, shape, Decay: true));

    /// <summary>A weight that decays: [..., input, output], the other way round than <see cref="Matrix"/>.</summary>
    internal Weight TransposedMatrix(string name, params long[] shape) =>
        _ask(new ParameterSpec(_prefix + name, shape, Decay: true, OutputsLast: true));

    /// <summary>A weight that decays and has a row for each token or position.</summary>
    internal Weight Table(string name, params long[] shape) => _ask(new ParameterSpec(_prefix + name, shape, Decay: true, PerToken: true));

    /// <summary>A weight that does not decay: that of a norm, or a bias.</summary>
    internal Weight Vector(string name, params long[] shape) => _ask(new ParameterSpec(_prefix + name, shape, Decay: false));

    /// <summary>A weight that decays where the optimizer says so: attention's sinks.</summary>
    internal Weight Sinks(string name, params long[] shape) => _ask(new ParameterSpec(_prefix + name, shape, Decay: false, IsSinks: true));
}
