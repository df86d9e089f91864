using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>A weight in one of Torch's dtypes.</summary>
internal sealed class PlainWeight(FolderTensor stored) : StoredWeight
{
    public override IReadOnlyList<FolderTensor> Tensors => [stored];

    public override Tensor Read() => PartStorage.Read(stored.Reader, stored.Info.Name);
}
