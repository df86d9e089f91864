namespace LisaOrleans.Data;

/// <summary>An example as tokens.</summary>
/// <param name="InputIds">Token ids.</param>
/// <param name="Trained">Which of them the model learns to predict.</param>
public sealed record EncodedSample(int[] InputIds, bool[] Trained);
