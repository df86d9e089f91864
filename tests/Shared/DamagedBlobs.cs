namespace LisaOrleans.Tests;

/// <summary>Damages what lies in a store's folder, behind the store's back.</summary>
internal static class DamagedBlobs
{
    /// <summary>Flips a bit of a blob, whose length stays.</summary>
    public static void Damage(string store, string sha256)
    {
        var path = Path.Combine(store, "blobs", sha256[..2], sha256);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
