namespace LisaOrleans;

/// <summary>A period of a run and the decoder layers that train in it.</summary>
/// <param name="Period">Its number, from 0.</param>
/// <param name="FirstStep">Its first step.</param>
/// <param name="LastStep">Its last step, though the run may end before; null for a period without an end.</param>
/// <param name="Layers">The layers, ascending.</param>
[GenerateSerializer, Immutable, Alias("lisa.PeriodLayers")]
public sealed record PeriodLayers(
    [property: Id(0)] long Period, [property: Id(1)] long FirstStep, [property: Id(2)] long? LastStep, [property: Id(3)] IReadOnlyList<int> Layers);
