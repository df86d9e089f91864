using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// How a part's parameters are updated. An optimizer names the tensors that it keeps beside each weight; they are
/// allocated, counted in plans, saved and restored by that list (<see cref="OptimizerState"/>). To add one: a class beside
/// <see cref="AdamW"/>, and a line in the list of src/Training.
/// </summary>
public interface IPartOptimizer
{
    /// <summary>
    /// The tensors that are kept for a parameter while it trains, in the order of a checkpoint, named without the parameter
    /// (<c>exp_avg</c>). They begin as zeros. The weight itself is not among them.
    /// </summary>
    IReadOnlyList<TensorSpec> StateTensors(ParameterSpec parameter, PartDtypes dtypes);

    /// <summary>
    /// Bytes that the update of a parameter takes for a while beside its weight, gradient and state, at most; 0 (default) where that is
    /// little beside what a backward pass takes.
    /// </summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="dtypes">The number formats of its part.</param>
    /// <param name="gradient">That of its gradient: float32 where a step sums several.</param>
    long UpdateBytes(ParameterSpec parameter, PartDtypes dtypes, ScalarType gradient) => 0;

    /// <summary>How weights become bfloat16, in updates and when a part is frozen; null (default) for the nearest number.</summary>
    StochasticRounding? Rounding => null;

    /// <summary>
    /// Changes <see cref="OptimizerState.Weight"/> and the state of each parameter by its gradient. Called without autograd,
    /// in a dispose scope.
    /// </summary>
    /// <param name="updates">One part's parameters that have a gradient, all on one device; at least one.</param>
    /// <param name="stateStep">Updates of this state including this one, from 1.</param>
    /// <param name="keyStep">
    /// Keys random numbers, with a parameter's name: the run's step, so that no activation of a layer has the numbers of another. In runs
    /// that older builds began it is the state's.
    /// </param>
    /// <param name="learningRate">The rate of the step.</param>
    void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate);
}
