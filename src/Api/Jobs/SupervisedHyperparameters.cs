namespace LisaOrleans.Api;

/// <summary>OpenAI's hyperparameters; those of the other methods are <see cref="JobHyperparameters"/>.</summary>
public sealed record SupervisedHyperparameters
{
    /// <value>Passes over the data. auto: 1.</value>
    public AutoNumber? NEpochs { get; init; }

    /// <value>Sequences in a step. auto: 8.</value>
    public AutoNumber? BatchSize { get; init; }

    /// <value>Times the default learning rate, 5e-5. auto: 1.</value>
    public AutoNumber? LearningRateMultiplier { get; init; }
}
