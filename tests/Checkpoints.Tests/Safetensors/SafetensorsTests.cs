using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CsCheck;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class SafetensorsTests
{
    private const string TwoTensors =
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""";

    [Fact]
    public async Task WriteFileAsync_two_tensors_have_the_bytes_of_the_format()
    {
        using var folder = new TempFolder();
        await WriteTwo(folder["x.safetensors"]);

        var bytes = File.ReadAllBytes(folder["x.safetensors"]);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, (length + 8) % 8);
        Assert.Equal(TwoTensors, Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
        Assert.Equal([0, 0, 128, 63, 0, 0, 0, 64, 7, 8, 9], bytes[(8 + length)..]);
    }

    [Fact]
    public async Task OpenFile_written_file_is_read_back()
    {
        using var folder = new TempFolder();
        await WriteTwo(folder["x.safetensors"], new() { ["format"] = "pt" });

        using var reader = SafetensorsReader.OpenFile(folder["x.safetensors"]);
        Assert.Equal(["a", "b"], reader.Tensors.Keys);
        Assert.Equal([1f, 2f], MemoryMarshal.Cast<byte, float>(reader.ReadBytes(reader.Tensors["a"])).ToArray());
        Assert.Equal([7, 8, 9], reader.ReadBytes(reader.Tensors["b"]));
        Assert.Equal("pt", Assert.Single(reader.Metadata, m => m.Key == "format").Value);
    }

    [Fact]
    public void OpenFile_file_of_other_software_is_read()
    {
        using var reader = SafetensorsReader.OpenFile(TestAssets.Require("stories260K", "model.safetensors"));
        Assert.Equal([512L, 64L], reader.Tensors["model.embed_tokens.weight"].Shape);
    }

    [Theory]
    [InlineData("[]", "JSON object")]
    [InlineData("{", "JSON")]
    [InlineData("""{"\ud83d":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "JSON")]
    [InlineData("""{"a":{"dtype":"\ud83d","shape":[2],"data_offsets":[0,8]}}""", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "after its last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""", "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[7,11]}}""", "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[2],"data_offsets":[9,11]}}""", "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "does not make")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", "does not make")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F7","shape":[2],"data_offsets":[0,8]}}""", "dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,800]}}""", "cut off")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}""", "unknown field 'x'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", "twice")]
    [InlineData("""{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "__metadata__.a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x""", "after its JSON")]
    public void OpenFile_hostile_header_is_refused_by_name(string header, string problem)
    {
        using var folder = new TempFolder();
        Write(folder["bad.safetensors"], header, data: new byte[11]);
        var e = Assert.Throws<InvalidDataFileException>(() => SafetensorsReader.OpenFile(folder["bad.safetensors"]));
        Assert.StartsWith(folder["bad.safetensors"] + ": ", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0], "empty")]
    [InlineData(new byte[] { 1, 2, 3 }, "header length")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 0 }, "at most")]
    [InlineData(new byte[] { 100, 0, 0, 0, 0, 0, 0, 0, 0 }, "cut off")]
    public void OpenFile_truncated_file_is_refused(byte[] content, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["x"], content);
        Assert.Contains(
            problem, Assert.Throws<InvalidDataFileException>(() => SafetensorsReader.OpenFile(folder["x"])).Message, StringComparison.Ordinal);
    }

    // Whatever a file holds: it is read within its bounds, or refused with a message.
    [Fact]
    public async Task OpenFile_damaged_file_is_read_within_bounds_or_refused()
    {
        using var folder = new TempFolder();
        await WriteTwo(folder["good"]);
        var good = File.ReadAllBytes(folder["good"]);
        var changes = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 6];
        Gen.Select(changes, Gen.Int[0, good.Length]).Sample(
            (edits, length) =>
            {
                var bytes = good[..length];
                foreach (var (at, value) in edits)
                    if (at < length) bytes[at] = value;
                var path = folder[Guid.NewGuid().ToString("N")];
                File.WriteAllBytes(path, bytes);
                try
                {
                    using var reader = SafetensorsReader.OpenFile(path);
                    foreach (var tensor in reader.Tensors.Values)
                        Assert.True(
                            tensor.Offset >= 8 && tensor.Offset + tensor.Length <= bytes.Length && reader.ReadBytes(tensor).Length == tensor.Length);
                }
                catch (InvalidDataFileException)
                {
                    // Refused, as it should be.
                }
                finally
                {
                    File.Delete(path);
                }
            },
            iter: 5000);
    }

    private static async Task WriteTwo(string path, Dictionary<string, string>? metadata = null)
    {
        var a = GCHandle.Alloc(new[] { 1f, 2f }, GCHandleType.Pinned);
        var b = GCHandle.Alloc(new byte[] { 7, 8, 9 }, GCHandleType.Pinned);
        TensorSource[] tensors = [new("a", TensorDType.F32, [2], a.AddrOfPinnedObject()), new("b", TensorDType.U8, [3], b.AddrOfPinnedObject())];
        await SafetensorsWriter.WriteFileAsync(path, tensors, metadata, CancellationToken.None);
        a.Free();
        b.Free();
    }

    private static void Write(string path, string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        File.WriteAllBytes(path, [.. prefix, .. json, .. data]);
    }
}
