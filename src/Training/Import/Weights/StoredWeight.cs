using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>A weight as a model's folder holds it: in one tensor, or in several that it is made from when it is read.</summary>
internal abstract class StoredWeight
{
    /// <summary>The tensors that belong to it.</summary>
    public abstract IReadOnlyList<FolderTensor> Tensors { get; }

    /// <summary>Its values, on the CPU, in the dtype that holds all of them exactly or that they are computed in; the caller owns them.</summary>
    public abstract Tensor Read();

    /// <summary>Finds a weight and checks every tensor of it, so that nothing of a wrong shape is ever read.</summary>
    /// <param name="spec">Which one, and its shape.</param>
    /// <param name="name">Its name in the folder.</param>
    /// <param name="tensors">All tensors of the folder.</param>
    /// <param name="quantization">How they are quantised; null for not at all.</param>
    /// <returns>Null where it is missing.</returns>
    /// <exception cref="InvalidDataFileException">It has another shape or dtype, or a part of it is missing.</exception>
    public static StoredWeight? Find(
        ParameterSpec spec, string name, IReadOnlyDictionary<string, FolderTensor> tensors, WeightQuantization? quantization)
    {
        if (!tensors.TryGetValue(name, out var found))
            return quantization?.Method == WeightQuantization.Mxfp4 ? Mxfp4Weight.Find(spec, name, tensors) : null;
        found.CheckShape(spec.Shape);
        found.CheckDType(
            "weights", TensorDType.F64, TensorDType.F32, TensorDType.BF16, TensorDType.F16, TensorDType.F8E4M3, TensorDType.F8E5M2);
        if (found.Info.DType is not (TensorDType.F8E4M3 or TensorDType.F8E5M2)) return new PlainWeight(found);
        return quantization is { Method: WeightQuantization.Fp8 } fp8 ? ScaledFloat8Weight.Find(found, tensors, fp8.Block) : new Float8Weight(found);
    }
}
