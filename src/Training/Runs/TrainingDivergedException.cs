namespace LisaOrleans.Training;

/// <summary>The loss is no longer a finite number; repeating the step would give the same.</summary>
public sealed class TrainingDivergedException(long step, double loss)
    : Exception($"step {step}: the loss is {loss}; a lower learning_rate, a longer warm-up or max_grad_norm may help");
