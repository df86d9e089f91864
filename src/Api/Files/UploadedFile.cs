using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>A file that came in, in a temporary file of this machine, which goes with it.</summary>
internal sealed class UploadedFile(string path) : IDisposable
{
    public string Purpose { get; set; } = "";

    public string Filename { get; set; } = "";

    public string Sha256 { get; set; } = "";

    public long Bytes { get; set; }

    public FileBlob Blob => new(path, Sha256, Bytes);

    public void Dispose() => File.Delete(path);
}
