using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Api;

/// <summary>A model in memory, with what turns text into its tokens and back. Owns the weights. Used by one thread at a time.</summary>
/// <param name="Model">The weights.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="Template">Name of its chat template.</param>
public sealed record LoadedModel(CausalLanguageModel Model, ITokenizer Tokenizer, string Template) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
