namespace LisaOrleans.Data;

/// <summary>Changes a text before it is cut into pieces.</summary>
internal delegate AlignedText TextNormalizer(AlignedText text);
