namespace LisaOrleans.Api;

/// <summary>OpenAI's hyperparameters of its method dpo.</summary>
public sealed record DpoHyperparameters
{
    /// <value>Passes over the data. auto: 1.</value>
    public AutoNumber? NEpochs { get; init; }

    /// <value>Pairs of answers in a step. auto: 8.</value>
    public AutoNumber? BatchSize { get; init; }

    /// <value>Times the default learning rate, 5e-5. auto: 1.</value>
    public AutoNumber? LearningRateMultiplier { get; init; }

    /// <value>What a departure from the base model costs, above 0. auto: 0.1.</value>
    public AutoNumber? Beta { get; init; }
}
