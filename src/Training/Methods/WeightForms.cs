using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>The forms of frozen weights: the values of <see cref="TrainingSpec.FrozenWeights"/>.</summary>
public static class WeightForms
{
    /// <summary>All of them.</summary>
    public static NamedList<NamedWeightForm> All { get; } = new(
        "form of frozen weights",
        new NamedWeightForm("whole", new WholeForm(), ""),
        new NamedWeightForm("mapped", new MappedForm(), "mapped from the store"),
        new NamedWeightForm("int8", new Int8Form(), "in int8"),
        new NamedWeightForm("nf4", new Nf4Form(), "in NF4"));

    internal const string OnlyOnCpus = "mapped, which only works on a CPU, and all machines that could train compute on a GPU";

    /// <summary>The form of a run.</summary>
    public static IWeightForm Of(TrainingSpec spec) => All[NameOf(spec)].Form;

    /// <summary>The form in words, to follow those of the method; empty where there is nothing to say.</summary>
    public static string Describe(TrainingSpec spec) =>
        All.FirstOrDefault(f => f.Name == NameOf(spec)) is { Words.Length: > 0 } form ? $"; frozen layers {form.Words}" : "";

    /// <summary>What is wrong with the form for the other settings; null if it is right.</summary>
    public static SettingProblem? Check(TrainingSpec spec)
    {
        var dtypes = RunDtypes.Of(spec);
        return Of(spec).IsMapped && dtypes.Storage != dtypes.AtRest
            ? Problem("is mapped, but weights of {dtype} " + spec.Dtype + " are computed in float32, so they cannot be used where they are; "
                + "choose another form or {dtype} bfloat16")
            : null;
    }

    /// <summary>Checks that a store can hold the weights in this form.</summary>
    /// <exception cref="InvalidTrainingSettingException">It cannot.</exception>
    public static void CheckStore(TrainingSpec spec, IBlobStore store)
    {
        if (!Of(spec).IsMapped || StoreLocation.IsFolder(store.Location)) return;
        throw Wrong($"is mapped, which only works with a store in a folder; {store.Location} is none");
    }

    /// <summary>Checks that a device can use the weights of a blob where they are mapped.</summary>
    /// <exception cref="InvalidTrainingSettingException">It cannot.</exception>
    public static void CheckMapped(SafetensorsReader blob, Device device)
    {
        if (device.type != TorchSharp.DeviceType.CPU)
            throw Wrong($"is mapped, which only works on a CPU; this silo computes on {device}");
        if (!blob.IsMapped) throw Wrong("is mapped, but the store does not map its blobs into memory; only one in a folder does");
    }

    /// <summary>Whether a GPU can have layers of a run: it cannot use weights where they are mapped.</summary>
    public static bool RunOnGpus(TrainingSpec spec) => !Of(spec).IsMapped;

    /// <summary>Checks that a run could have its weights in this form where all machines compute on a GPU.</summary>
    /// <exception cref="InvalidTrainingSettingException">It could not.</exception>
    public static void CheckGpus(TrainingSpec spec)
    {
        if (!RunOnGpus(spec)) throw Wrong($"is {OnlyOnCpus}");
    }

    private static string NameOf(TrainingSpec spec) => Methods.Of(spec).FrozenWeights(spec);

    private static InvalidTrainingSettingException Wrong(string problem) =>
        new(RunSettings.Table.Of(nameof(TrainingSpec.FrozenWeights)).Name, problem);

    private static SettingProblem Problem(string problem) => new(nameof(TrainingSpec.FrozenWeights), problem);
}
