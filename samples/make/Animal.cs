namespace LisaOrleans.Samples.Make;

/// <summary>An animal and what the answers say about it.</summary>
internal sealed record Animal(string Name, string Colour, string Home, string Food, string Sound);
