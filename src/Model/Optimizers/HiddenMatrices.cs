using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>What optimizers of hidden matrices have in common: AdamW updates everything else, and decays their weights.</summary>
internal static class HiddenMatrices
{
    /// <summary>Updates parameters.</summary>
    /// <param name="adamW">Updates what is no hidden matrix; its weight decay is that of the matrices, too.</param>
    /// <param name="updates">The parameters.</param>
    /// <param name="stateStep">The number of the update, from 1.</param>
    /// <param name="keyStep">Keys random numbers.</param>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="change">What is added to a matrix, in float32; called in a dispose scope.</param>
    public static void Apply(
        AdamW adamW, IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate,
        Func<ParameterUpdate, Tensor> change)
    {
        var others = updates.Where(u => !u.Parameter.IsHiddenMatrix).ToArray();
        if (others.Length > 0) adamW.Apply(others, stateStep, keyStep, learningRate);
        foreach (var update in updates.Where(u => u.Parameter.IsHiddenMatrix))
        {
            using var scope = NewDisposeScope();
            var added = Alone(() => change(update));
            var weight = Scaled(update.State.Weight, 1 - (learningRate * adamW.WeightDecay));
            weight.AddInPlace(added);
            adamW.Write(update.State.Weight, weight, $"{update.Parameter.Name}/{keyStep}");
        }
    }

    /// <summary>A product in float32, in memory of its own.</summary>
    public static Tensor Scaled(Tensor tensor, double by) => Alone(() => tensor.to(ScalarType.Float32).Times(by));

    // A tensor without what it was computed from.
    private static Tensor Alone(Func<Tensor> compute)
    {
        using var scope = NewDisposeScope();
        return compute().MoveToOuterDisposeScope();
    }
}
