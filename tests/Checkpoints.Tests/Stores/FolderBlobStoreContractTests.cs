namespace LisaOrleans.Checkpoints.Tests;

public sealed class FolderBlobStoreContractTests : BlobStoreContract
{
    protected override Task<StoreUnderTest> CreateAsync()
    {
        var folder = new TempFolder();
        return Task.FromResult(new StoreUnderTest(() => new FolderBlobStore(folder.Root), DamageAsync, folder.Dispose));

        Task DamageAsync(string sha256, Func<byte[], byte[]> change)
        {
            var file = Directory.EnumerateFiles(folder.Root, sha256, SearchOption.AllDirectories).Single();
            File.WriteAllBytes(file, change(File.ReadAllBytes(file)));
            return Task.CompletedTask;
        }
    }
}
