namespace LisaOrleans.Data.Jinja;

/// <summary>What runs after a statement.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}
