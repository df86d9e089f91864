namespace LisaOrleans.Checkpoints;

/// <summary>Bytes that are to become a blob. May be written more than once.</summary>
public interface IBlobSource
{
    /// <summary>The blob's name.</summary>
    string Sha256 { get; }

    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>Writes them.</summary>
    Task WriteToAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>A seekable stream over them; valid as long as the source.</summary>
    Stream OpenRead();
}
