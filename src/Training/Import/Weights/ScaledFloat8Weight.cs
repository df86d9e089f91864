using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// A weight of 8 bits with scales (DeepSeek-V3, arXiv 2412.19437, section 3.3; Hugging Face: FP8Linear): each number is
/// multiplied by the scale of its block, in float32.
/// </summary>
internal sealed class ScaledFloat8Weight : StoredWeight
{
    private readonly FolderTensor _stored;
    private readonly FolderTensor _scales;
    private readonly IReadOnlyList<FolderTensor> _forActivations;
    private readonly (int Rows, int Columns)? _block;

    private ScaledFloat8Weight(
        FolderTensor stored, FolderTensor scales, IReadOnlyList<FolderTensor> forActivations, (int Rows, int Columns)? block) =>
        (_stored, _scales, _forActivations, _block) = (stored, scales, forActivations, block);

    public override IReadOnlyList<FolderTensor> Tensors => [_stored, _scales, .. _forActivations];

    /// <summary>Finds NAME_scale_inv beside NAME.</summary>
    /// <param name="stored">The numbers of 8 bits.</param>
    /// <param name="tensors">All tensors of the folder.</param>
    /// <param name="block">Rows and columns that share a scale; null where all do.</param>
    public static ScaledFloat8Weight Find(
        FolderTensor stored, IReadOnlyDictionary<string, FolderTensor> tensors, (int Rows, int Columns)? block)
    {
        var (name, shape) = (stored.Info.Name, stored.Info.Shape);
        if (!tensors.TryGetValue(name + "_scale_inv", out var scales))
            throw stored.Wrong($"is {stored.Info.DType.Name()} and has no scale; {WeightQuantization.Field} says that '{name}_scale_inv' is there");
        scales.CheckDType("scales", TensorDType.F32, TensorDType.BF16, TensorDType.F16);
        if (block is not { } size)
        {
            if (scales.Info.Shape is not ([] or [1])) scales.CheckShape(1);
        }
        else if (shape.Count != 2)
        {
            throw stored.Wrong($"has {shape.Count} dimensions; {WeightQuantization.Field}.weight_block_size is for matrices");
        }
        else
        {
            scales.CheckShape(Blocks(shape[0], size.Rows), Blocks(shape[1], size.Columns));
        }

        // Activations are not rounded here, so the scales that they would be divided by are not used.
        var stem = name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^"weight".Length] : name + ".";
        FolderTensor[] forActivations = [.. new[] { "activation_scale", "input_scale" }
            .Select(n => tensors.GetValueOrDefault(stem + n)).OfType<FolderTensor>()];
        return new ScaledFloat8Weight(stored, scales, forActivations, block);
    }

    public override unsafe Tensor Read()
    {
        var scales = Scales();
        var values = Float8.Values(_stored.Info.DType);
        var tensor = empty([.. _stored.Info.Shape], ScalarType.Float32).DetachFromDisposeScope();
        var from = (byte*)_stored.Address;
        var to = (float*)TensorMemory.Address(tensor);
        if (_block is not { } block)
        {
            for (var i = 0L; i < _stored.Info.Length; i++) to[i] = values[from[i]] * scales[0];
            return tensor;
        }

        var (rows, columns) = (_stored.Info.Shape[0], _stored.Info.Shape[1]);
        var across = Blocks(columns, block.Columns);
        for (var row = 0L; row < rows; row++)
        {
            var scalesOfRow = row / block.Rows * across;
            for (var column = 0L; column < columns; column++, from++, to++) *to = values[*from] * scales[scalesOfRow + (column / block.Columns)];
        }

        return tensor;
    }

    private static long Blocks(long numbers, int size) => (numbers + size - 1) / size;

    private float[] Scales()
    {
        using var stored = PartStorage.Read(_scales.Reader, _scales.Info.Name);
        using var exact = stored.to(ScalarType.Float32, copy: true).DetachFromDisposeScope();
        var scales = exact.data<float>().ToArray();
        return scales.All(float.IsFinite) ? scales : throw _scales.Wrong("holds a scale that is not a finite number");
    }
}
