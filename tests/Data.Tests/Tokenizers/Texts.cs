using CsCheck;

namespace LisaOrleans.Data.Tests;

/// <summary>Random texts of whole characters, from one to four bytes of UTF-8.</summary>
internal static class Texts
{
    // U+2581 is SentencePiece's own sign for a space.
    private static readonly Gen<string> s_character = Gen.Frequency(
        (6, Gen.Int[0x20, 0x7E]), (1, Gen.Int[0x00, 0x1F]), (1, Gen.Int[0x80, 0x7FF]), (1, Gen.Int[0x800, 0xD7FF]),
        (1, Gen.Int[0xE000, 0xFFFF]), (1, Gen.Int[0x10000, 0x10FFFF]))
        .Where(c => c != 0x2581)
        .Select(char.ConvertFromUtf32);

    public static Gen<string> Any { get; } = s_character.Array[0, 30].Select(string.Concat);
}
