using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>The tensors of a GGUF file, and how each becomes its bytes: a few rows at a time, however large it is.</summary>
/// <param name="architecture">The family.</param>
/// <param name="type">How matrices are stored; vectors are float32, as everywhere in such files.</param>
internal sealed class GgufTensors(GgufArchitecture architecture, GgufType type)
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>The tensor that one of Hugging Face's becomes.</summary>
    /// <param name="name">Hugging Face's name.</param>
    /// <param name="shape">Its dimensions.</param>
    public GgufTensor Of(string name, IReadOnlyList<long> shape) => new(
        architecture.TensorName(name),
        shape.Count == 1 ? GgufType.F32
            : type == GgufType.Q8_0 && shape[^1] % GgufRows.BlockNumbers != 0 ? GgufType.F16
            : type,
        shape);

    /// <summary>Writes its bytes.</summary>
    public async Task WriteAsync(GgufTensor tensor, WeightView weight, Stream stream, CancellationToken cancellationToken)
    {
        // A vector is reordered number by number, a matrix row by row.
        var vector = tensor.Shape.Count == 1;
        var (rows, width) = vector ? (tensor.Width, 1) : (tensor.Rows, tensor.Width);
        var heads = architecture.PairedHeads(weight.Name);
        var added = architecture.AddsOne(weight.Name) ? 1f : 0f;
        var rowBytes = checked((int)GgufRows.Bytes(tensor.Type, width));
        var numbers = new float[width];
        var chunk = new byte[Math.Max(rowBytes, ChunkBytes / rowBytes * rowBytes)];
        var filled = 0;
        for (var row = 0L; row < rows; row++)
        {
            weight.Read(Source(row) * width, numbers);
            if (added != 0)
                for (var i = 0; i < numbers.Length; i++) numbers[i] += added;
            GgufRows.Write(tensor.Type, numbers, chunk.AsSpan(filled, rowBytes));
            filled += rowBytes;
            if (filled < chunk.Length && row + 1 < rows) continue;
            await stream.WriteAsync(chunk.AsMemory(0, filled), cancellationToken);
            filled = 0;
        }

        // Of a head's K rows, 2j and 2j + 1 in the GGUF file are Hugging Face's j and j + K/2.
        long Source(long row)
        {
            if (heads is not { } count) return row;
            var perHead = rows / count;
            var (head, at) = (row / perHead, row % perHead);
            return (head * perHead) + (at % 2 * (perHead / 2)) + (at / 2);
        }
    }
}
