namespace LisaOrleans.Data.Jinja;

/// <summary>A piece of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; of a string, what it stands for.</param>
/// <param name="Line">Its line, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    /// <summary>For errors.</summary>
    public string Described => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.BlockEnd => "the end of the tag",
        TokenKind.VariableEnd => "the end of the expression",
        TokenKind.Data => "text",
        _ => $"'{Text}'",
    };
}
