namespace LisaOrleans.Checkpoints;

/// <summary>What the JSON serializer does not check of a head, a list or a manifest.</summary>
internal static class StoredFields
{
    // More than any store has, so that sums of lengths stay within 64 bits.
    private const long MostBytes = 1L << 50;

    /// <summary>Checks that each entry of a field names a blob.</summary>
    /// <param name="file">What the field is in.</param>
    /// <param name="where">The field, for people.</param>
    /// <param name="blobs">What its entries name; null for an entry that is null.</param>
    /// <exception cref="InvalidDataFileException">One names none.</exception>
    public static void CheckBlobs(string file, string where, IEnumerable<BlobRef?> blobs)
    {
        foreach (var blob in blobs)
        {
            if (blob is null) throw new InvalidDataFileException(file, $"{where} must not hold null");
            if (!BlobRef.IsName(blob.Sha256) || blob.Length is < 0 or > MostBytes)
                throw new InvalidDataFileException(file, $"{where}: '{blob.Sha256}' is not a blob of {blob.Length} bytes");
        }
    }
}
