using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>A tokenised data set that is to become a blob. It is read from front to back, and never all in memory.</summary>
internal sealed class DatasetBlob : IBlobSource
{
    private readonly byte[] _header;
    private readonly TokenizedDataset _data;

    public DatasetBlob(TokenizedDataset data)
    {
        _data = data;
        TensorSource[] tensors =
        [
            new(DatasetStorage.Ids, TensorDType.I32, [data.Ids.Length], 0),
            new(DatasetStorage.Offsets, TensorDType.I64, [data.Offsets.Length], 0),
            data.Weights.IsEmpty
                ? new(DatasetStorage.Mask, TensorDType.U8, [data.Mask.Length], 0)
                : new(DatasetStorage.Weights, TensorDType.F32, [data.Weights.Length], 0),
        ];
        _header = SafetensorsWriter.Header(tensors);
        Length = _header.Length + tensors.Sum(t => t.Length);
        using var sha256 = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, sha256, CryptoStreamMode.Write)) Write(stream);
        Sha256 = Convert.ToHexStringLower(sha256.Hash!);
    }

    public string Sha256 { get; }

    public long Length { get; }

    public Task WriteToAsync(Stream stream, CancellationToken cancellationToken) => Task.Run(() => Write(stream), cancellationToken);

    // For stores that send a blob in pieces, and send lost pieces again: a temporary file, deleted when it is closed.
    public Stream OpenRead()
    {
        var path = Path.Combine(Path.GetTempPath(), $"lisa-dataset-{Guid.NewGuid():N}");
        FileStream? file = null;
        try
        {
            // Without a buffer, so that a full disk is noticed here.
            file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            Write(file);
            file.Position = 0;
            return file;
        }
        catch (Exception e) when (TemporaryFolderException.Is(e))
        {
            file?.Dispose();
            throw new TemporaryFolderException(e);
        }
    }

    private void Write(Stream stream)
    {
        stream.Write(_header);
        _data.WriteIds(stream);
        stream.Write(MemoryMarshal.AsBytes(_data.Offsets.AsSpan()));
        _data.WriteLearned(stream);
    }
}
