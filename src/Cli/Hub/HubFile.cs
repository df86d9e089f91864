namespace LisaOrleans.Cli;

/// <summary>A file as the hub describes it.</summary>
/// <param name="Name">Relative to the model, with <c>/</c>.</param>
/// <param name="Hash">SHA-256 of its bytes (64 digits), or Git's SHA-1 of it (40): the hub's ETag, and its name among the cache's blobs.</param>
/// <param name="Size">Bytes.</param>
internal sealed record HubFile(string Name, string Hash, long Size);
