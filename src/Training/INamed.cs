namespace LisaOrleans.Training;

/// <summary>Something that a setting chooses by its name.</summary>
public interface INamed
{
    /// <summary>The setting's value.</summary>
    string Name { get; }
}
