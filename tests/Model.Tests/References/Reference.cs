namespace LisaOrleans.Model.Tests;

/// <summary>One small model of a family with its special features switched on, and a plain computation of its logits.</summary>
/// <param name="Name">What test output calls it.</param>
/// <param name="Config">The text of config.json.</param>
/// <param name="Logits">From weights and the ids of one sequence, the logits after each token.</param>
internal sealed record Reference(string Name, string Config, Func<ReferenceWeights, int[], double[][]> Logits)
{
    public override string ToString() => Name;
}
