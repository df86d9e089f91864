namespace LisaOrleans.Api;

/// <summary>A file that a job reads. The job keeps the file's blob until it has been read, even if the file is deleted.</summary>
/// <param name="Id">The file.</param>
/// <param name="Filename">For messages.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its blob; null once that is not needed any more.</param>
internal sealed record JobInput(string Id, string Filename, long Bytes, string? Sha256);
