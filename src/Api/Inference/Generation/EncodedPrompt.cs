namespace LisaOrleans.Api;

/// <summary>A prompt in the model's tokens.</summary>
/// <param name="Ids">At least one.</param>
/// <param name="MaxNewTokens">How many the model may add.</param>
/// <param name="StopTokenIds">Ids that end the answer.</param>
/// <param name="Stop">Texts that end the answer.</param>
internal sealed record EncodedPrompt(int[] Ids, int MaxNewTokens, IReadOnlyList<int> StopTokenIds, IReadOnlyList<string> Stop);
