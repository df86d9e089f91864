using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace LisaOrleans.Tests;

/// <summary>A tensor as its bytes, and a safetensors file of such: without any code of the product's.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Its dtype, by the format's name.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Data">Its bytes.</param>
internal sealed record RawTensor(string Name, string DType, long[] Shape, byte[] Data)
{
    /// <summary>Values that bfloat16 holds exactly.</summary>
    public static RawTensor BFloat16(string name, long[] shape, IEnumerable<double> values) => new(
        name, "BF16", shape, Bytes(values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits((float)v) >> 16)).ToArray()));

    public static RawTensor Float32(string name, long[] shape, IEnumerable<double> values) =>
        new(name, "F32", shape, Bytes(values.Select(v => (float)v).ToArray()));

    public static void Write(string file, IEnumerable<RawTensor> tensors)
    {
        var header = new JsonObject();
        var data = new MemoryStream();
        foreach (var (name, dtype, shape, bytes) in tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = dtype,
                ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(data.Length, data.Length + bytes.Length),
            };
            data.Write(bytes);
        }

        var text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(file, [.. length, .. text, .. data.ToArray()]);
    }

    private static byte[] Bytes<T>(T[] values)
        where T : struct => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
