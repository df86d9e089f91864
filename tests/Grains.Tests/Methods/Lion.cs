using LisaOrleans.Model;

namespace LisaOrleans.Grains.Tests;

/// <summary>Lion (Chen et al., arXiv 2302.06675): steps by the sign of a mean of gradients, and keeps one number for each weight.</summary>
internal sealed record Lion(double Beta1, double Beta2, double WeightDecay) : IPartOptimizer
{
    public IReadOnlyList<TensorSpec> StateTensors(ParameterSpec parameter, PartDtypes dtypes) =>
        [new TensorSpec("exp_avg", parameter.Shape, dtypes.OptimizerState)];

    public void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate)
    {
        foreach (var (parameter, state, gradient) in updates)
        {
            var mean = state["exp_avg"];
            var direction = mean.Times(Beta1).Plus(gradient.Times(1 - Beta1)).sign();
            if (parameter.Decay) state.Weight.ScaleInPlace(1 - (learningRate * WeightDecay));
            state.Weight.AddInPlace(direction.Times(-learningRate));
            mean.ScaleInPlace(Beta2);
            mean.AddInPlace(gradient.Times(1 - Beta2));
        }
    }
}
