using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The training methods: the values of <see cref="TrainingSpec.Method"/>.</summary>
public static class Methods
{
    // More decoder layers than any model has.
    private const int MoreThanAny = 10_000;

    /// <summary>All of them.</summary>
    public static NamedList<ITrainingMethod> All { get; } = new(
        "training method",
        new LisaMethod(),
        new FullMethod(),
        new BadamMethod(),
        new GaloreMethod(),
        new ApolloMethod(),
        new LoraMethod(),
        new QloraMethod());

    /// <summary>The method of a run.</summary>
    public static ITrainingMethod Of(TrainingSpec spec) => All[spec.Method];

    /// <summary>A run's method in a few words; only its name if another program has added it.</summary>
    public static string Describe(TrainingSpec spec)
    {
        if (All.FirstOrDefault(m => m.Name == spec.Method) is not { } method) return spec.Method;
        return method.Describe(spec) + (Freezes(spec) ? WeightForms.Describe(spec) : "") + Objectives.Describe(spec) + RunDtypes.Describe(spec);
    }

    /// <summary>Whether some weights of decoder layers are frozen at some time.</summary>
    public static bool Freezes(TrainingSpec spec) =>
        Adapters(spec) is not null || Of(spec).MostLayers(spec, MoreThanAny) < MoreThanAny;

    /// <summary>The adapters of a run's layers; null for none.</summary>
    public static LoraOptions? Adapters(TrainingSpec spec) => Of(spec).Adapters(spec);

    /// <summary>The period that a step (from 1) belongs to, from 0.</summary>
    public static long PeriodOf(TrainingSpec spec, long step) => Of(spec).PeriodSteps(spec) is { } steps ? (step - 1) / steps : 0;

    /// <summary>Whether a step is the last of its period.</summary>
    public static bool EndsPeriod(TrainingSpec spec, long step) => PeriodOf(spec, step + 1) != PeriodOf(spec, step);
}
