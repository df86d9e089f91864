namespace LisaOrleans.Client;

/// <summary>The progress of an upload.</summary>
/// <param name="File">The file that is being uploaded.</param>
/// <param name="Done">Bytes of all files that are in the store.</param>
/// <param name="Total">Bytes of all files.</param>
public sealed record UploadProgress(string File, long Done, long Total);
