namespace LisaOrleans.Data.Jinja;

/// <summary>Kinds of <see cref="Token"/>.</summary>
internal enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}
