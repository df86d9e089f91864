using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>
/// A model in memory, with what turns text into its tokens and back. Owns the weights. Only one thread may use it at a time.
/// </summary>
/// <param name="Model">The weights.</param>
/// <param name="Text">The model's tokenizer, its own chat template, and what ends its answers.</param>
/// <param name="Template">Name of the chat template to use.</param>
public sealed record LoadedModel(CausalLanguageModel Model, ModelText Text, string Template) : IDisposable
{
    /// <summary>Its tokenizer.</summary>
    public ITokenizer Tokenizer => Text.Tokenizer;

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
