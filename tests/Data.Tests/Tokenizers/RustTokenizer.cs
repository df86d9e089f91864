namespace LisaOrleans.Data.Tests;

/// <summary>Hugging Face's own library, in Rust, to compare with.</summary>
internal sealed class RustTokenizer : IDisposable
{
    private readonly Tokenizers.DotNet.Tokenizer _tokenizer;

    private RustTokenizer(string path) => _tokenizer = new Tokenizers.DotNet.Tokenizer(path);

    /// <summary>Loads a tokenizer.json, or skips the test where the library is not there.</summary>
    public static RustTokenizer Load(string path)
    {
        try
        {
            return new RustTokenizer(path);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            Assert.Skip($"no native library of Hugging Face's tokenizers for this system: {e.Message}");
            throw;
        }
    }

    /// <summary>Ids with what the post-processor puts before and after them.</summary>
    public int[] Encode(string text) => [.. _tokenizer.Encode(text).Select(id => (int)id)];

    /// <summary>Text without special tokens.</summary>
    public string Decode(IReadOnlyList<int> ids) => ids.Count == 0 ? "" : _tokenizer.Decode([.. ids.Select(id => (uint)id)]);

    public void Dispose() => _tokenizer.Dispose();
}
