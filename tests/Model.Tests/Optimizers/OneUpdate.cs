using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>An update of one parameter, as a part makes it of all of its own.</summary>
internal static class OneUpdate
{
    public static void Apply(Parameter parameter, Tensor gradient, long stateStep, double learningRate, IPartOptimizer optimizer)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        optimizer.Apply([new ParameterUpdate(parameter.Spec, parameter.State!, gradient)], stateStep, stateStep, learningRate);
        parameter.State!.RoundMaster();
    }
}
