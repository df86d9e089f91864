using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>A file that was uploaded, in a temporary file on this machine. Disposing deletes that file.</summary>
internal sealed class UploadedFile(string path) : IDisposable
{
    public string Purpose { get; set; } = "";

    /// <summary>How long to keep it; null for ever.</summary>
    public TimeSpan? Lifetime { get; set; }

    public string Filename { get; set; } = "";

    public string Sha256 { get; set; } = "";

    public long Bytes { get; set; }

    public FileBlob Blob => new(path, Sha256, Bytes);

    public void Dispose() => File.Delete(path);
}
