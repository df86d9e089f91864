using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>A form of frozen weights that a run may name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Form">The form.</param>
/// <param name="Words">What frozen layers are with it, for people, to follow "frozen layers"; empty for nothing to say.</param>
public sealed record NamedWeightForm(string Name, IWeightForm Form, string Words) : INamed;
