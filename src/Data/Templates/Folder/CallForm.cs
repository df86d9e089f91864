namespace LisaOrleans.Data;

/// <summary>How a template takes turns that call tools.</summary>
/// <param name="TextArguments">Whether the arguments are texts, written as tojson writes them; else they are as the record has them.</param>
/// <param name="NullContent">Whether content that is empty is null.</param>
internal readonly record struct CallForm(bool TextArguments, bool NullContent);
