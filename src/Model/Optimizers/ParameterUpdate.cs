using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A parameter that an optimizer is to update.</summary>
/// <param name="Parameter">Name, shape, and whether weight decay applies.</param>
/// <param name="State">Its weight and state, which the optimizer changes.</param>
/// <param name="Gradient">The step's gradient, clipped, in the weight's shape; not to be changed.</param>
public readonly record struct ParameterUpdate(ParameterSpec Parameter, OptimizerState State, Tensor Gradient);
