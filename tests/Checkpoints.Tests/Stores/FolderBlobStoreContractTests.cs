namespace LisaOrleans.Checkpoints.Tests;

public sealed class FolderBlobStoreContractTests : BlobStoreContract
{
    protected override Task<StoreUnderTest> CreateAsync()
    {
        var folder = new TempFolder();
        return Task.FromResult(new StoreUnderTest(() => new FolderBlobStore(folder.Root), DamageAsync, folder.Dispose));

        Task DamageAsync(string sha256)
        {
            var file = Directory.EnumerateFiles(folder.Root, sha256, SearchOption.AllDirectories).Single();
            var bytes = File.ReadAllBytes(file);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(file, bytes);
            return Task.CompletedTask;
        }
    }
}
