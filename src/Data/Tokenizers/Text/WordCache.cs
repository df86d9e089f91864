using System.Runtime.InteropServices;

namespace LisaOrleans.Data;

/// <summary>Remembers the tokens of short pieces of text; a full one is emptied. Not safe for several threads.</summary>
internal sealed class WordCache
{
    /// <summary>Longer pieces rarely occur twice.</summary>
    public const int LongestWord = 48;

    private const int Slots = 1 << 16;
    private const int MostWords = Slots * 3 / 4;
    private const int MostTokens = 1 << 20;

    private readonly Entry[] _entries = new Entry[Slots];
    private char[] _characters = new char[1 << 16];
    private Token[] _tokens = new Token[1 << 14];
    private int _words;
    private int _characterCount;
    private int _tokenCount;

    /// <summary>Adds a piece's tokens, if they are known, with places from <paramref name="at"/>.</summary>
    public bool TryAdd(ReadOnlySpan<char> word, uint hash, TokenBuffer tokens, int at)
    {
        for (var slot = hash & (Slots - 1); _entries[slot].Length > 0; slot = (slot + 1) & (Slots - 1))
        {
            ref readonly var entry = ref _entries[slot];
            if (entry.Hash != hash || !word.SequenceEqual(_characters.AsSpan(entry.At, entry.Length))) continue;
            tokens.Add(_tokens.AsSpan(entry.FirstToken, entry.TokenCount), at);
            return true;
        }

        return false;
    }

    /// <summary>Keeps the tokens from <paramref name="first"/> on for a piece that begins at <paramref name="at"/>.</summary>
    public void Keep(ReadOnlySpan<char> word, uint hash, TokenBuffer tokens, int first, int at)
    {
        if (_words == MostWords || _tokenCount >= MostTokens) Clear();
        var slot = hash & (Slots - 1);
        while (_entries[slot].Length > 0) slot = (slot + 1) & (Slots - 1);
        var count = tokens.Count - first;
        if (_characterCount + word.Length > _characters.Length) Array.Resize(ref _characters, _characters.Length * 2);
        while (_tokenCount + count > _tokens.Length) Array.Resize(ref _tokens, _tokens.Length * 2);
        word.CopyTo(_characters.AsSpan(_characterCount));
        for (var i = first; i < tokens.Count; i++)
            _tokens[_tokenCount + i - first] = new Token(tokens.Ids[i], tokens.Starts[i] - at, tokens.Ends[i] - at);
        _entries[slot] = new Entry(hash, _characterCount, word.Length, _tokenCount, count);
        (_words, _characterCount, _tokenCount) = (_words + 1, _characterCount + word.Length, _tokenCount + count);
    }

    public static uint Hash(ReadOnlySpan<char> word)
    {
        var hash = (ulong)word.Length * 0x9E3779B97F4A7C15;
        while (word.Length >= 4)
        {
            hash = (hash ^ MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(word))) * 0xFF51AFD7ED558CCD;
            hash ^= hash >> 32;
            word = word[4..];
        }

        foreach (var c in word) hash = (hash ^ c) * 0xC4CEB9FE1A85EC53;
        return (uint)(hash ^ (hash >> 29));
    }

    private void Clear()
    {
        Array.Clear(_entries);
        (_words, _characterCount, _tokenCount) = (0, 0, 0);
    }

    private readonly record struct Entry(uint Hash, int At, int Length, int FirstToken, int TokenCount);
}
