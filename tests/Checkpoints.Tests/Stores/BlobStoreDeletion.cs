namespace LisaOrleans.Checkpoints.Tests;

internal static class BlobStoreDeletion
{
    /// <summary>Deletes a blob as it is now. Nothing if it is not there.</summary>
    public static async Task DeleteNowAsync(this IBlobStore store, string sha256)
    {
        await foreach (var blob in store.ListAsync(TestContext.Current.CancellationToken))
            if (blob.Sha256 == sha256) Assert.True(await store.DeleteAsync(blob, TestContext.Current.CancellationToken));
    }
}
