using System.Buffers.Binary;
using System.Text;

namespace LisaOrleans.Cli.Tests;

/// <summary>A safetensors file as bytes, so that it can be made wrong.</summary>
internal sealed class RawSafetensors
{
    private readonly string _path;

    public RawSafetensors(string model)
    {
        _path = Path.Combine(model, "model.safetensors");
        var bytes = File.ReadAllBytes(_path);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        (Header, Data) = (Encoding.UTF8.GetString(bytes, 8, length), bytes[(8 + length)..]);
    }

    public string Header { get; set; }

    public byte[] Data { get; set; }

    /// <summary>Writes it, with the length of the header that it has or another one.</summary>
    public void Write(ulong? headerLength = null)
    {
        var header = Encoding.UTF8.GetBytes(Header);
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, headerLength ?? (ulong)header.Length);
        File.WriteAllBytes(_path, [.. prefix, .. header, .. Data]);
    }
}
