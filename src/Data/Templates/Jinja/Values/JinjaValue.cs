namespace LisaOrleans.Data.Jinja;

/// <summary>
/// A value of a template. The kinds are a closed set, made from JSON and by the template itself: a template reaches nothing
/// else. All but <see cref="NamespaceValue"/> and <see cref="GeneratorValue"/> never change.
/// </summary>
internal abstract class JinjaValue
{
    /// <summary>Python's name for the type, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>How deep lists and dicts are nested in it; 0 for a scalar.</summary>
    public virtual int Depth => 0;

    /// <summary>Python's truth value.</summary>
    public virtual bool IsTrue => true;

    /// <summary>What a loop over it yields; null where Python cannot iterate.</summary>
    public virtual IEnumerable<JinjaValue>? Items(RenderState state) => null;

    /// <summary>Python's len(); null where there is none.</summary>
    public virtual int? Count => null;

    public static BooleanValue Of(bool value) => value ? BooleanValue.True : BooleanValue.False;

    public static TextValue Of(string text) => text.Length == 0 ? TextValue.Empty : new TextValue(text);

    public static IntegerValue Of(long value) => IntegerValue.Of(value);
}
