using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>A tensor of a model's folder, in the mapped file that holds it.</summary>
/// <param name="Reader">The file, which somebody else owns.</param>
/// <param name="File">What messages call it.</param>
/// <param name="Info">Name, dtype and shape.</param>
internal sealed record FolderTensor(SafetensorsReader Reader, string File, TensorInfo Info)
{
    /// <summary>Address of the first byte; valid until the reader is disposed.</summary>
    public nint Address => Reader.Pointer(Info);

    /// <summary>Refuses any other shape.</summary>
    public void CheckShape(params IReadOnlyList<long> shape)
    {
        if (!Info.Shape.SequenceEqual(shape))
            throw Wrong($"has shape [{string.Join(", ", Info.Shape)}]; config.json makes it [{string.Join(", ", shape)}]");
    }

    /// <summary>Refuses any other dtype.</summary>
    public void CheckDType(string what, params TensorDType[] dtypes)
    {
        if (!dtypes.Contains(Info.DType)) throw Wrong($"is {Info.DType.Name()}; {what} must be {string.Join(", ", dtypes.Select(d => d.Name()))}");
    }

    public InvalidDataFileException Wrong(string problem) => new(File, $"tensor '{Info.Name}' {problem}");
}
