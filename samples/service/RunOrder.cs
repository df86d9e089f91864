/// <summary>What a caller of this service may choose; all else is the service's own business.</summary>
/// <param name="Name">The run's name.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="LearningRate">Peak learning rate.</param>
/// <param name="SaveSteps">Steps between manifests.</param>
internal sealed record RunOrder(string Name, long Steps, double LearningRate = 1e-3, int SaveSteps = 20);
