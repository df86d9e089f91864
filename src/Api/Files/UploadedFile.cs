using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>A file that came in, in a temporary file of this machine, which goes with it.</summary>
internal sealed class UploadedFile(string path) : IDisposable
{
    public string Purpose { get; set; } = "";

    /// <summary>How long it is to stay; null for ever.</summary>
    public TimeSpan? Lifetime { get; set; }

    public string Filename { get; set; } = "";

    public string Sha256 { get; set; } = "";

    public long Bytes { get; set; }

    public FileBlob Blob => new(path, Sha256, Bytes);

    public void Dispose() => File.Delete(path);
}
