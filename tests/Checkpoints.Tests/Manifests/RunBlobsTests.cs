using System.Runtime.CompilerServices;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What is copied, verified and repaired of a run is what garbage collection spares of it.</summary>
public sealed class RunBlobsTests
{
    [Fact]
    public void Named_every_blob_that_a_manifest_can_name_has_a_name()
    {
        var manifest = (Manifest)Filled(typeof(Manifest));
        manifest = manifest with
        {
            Parts = new Dictionary<string, PartState> { ["layer.0"] = (PartState)Filled(typeof(PartState)) },
            Files = new Dictionary<string, BlobRef> { ["config.json"] = Blob() },
            Log = [new LogSegment(Blob(), 1, 2)],
        };
        var named = RunBlobs.Named(manifest).Select(n => n.Blob).OfType<BlobRef>().ToHashSet();
        Assert.Equal(manifest.References().ToHashSet(), named);
        Assert.Equal(2 + BlobProperties(typeof(Manifest)) + BlobProperties(typeof(PartState)), named.Count);
    }

    // With a blob of its own in each property that is one.
    private static object Filled(Type type)
    {
        var made = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var property in type.GetProperties().Where(p => p.PropertyType == typeof(BlobRef))) property.SetValue(made, Blob());
        return made;
    }

    private static int BlobProperties(Type type) => type.GetProperties().Count(p => p.PropertyType == typeof(BlobRef));

    private static BlobRef Blob() => new(Convert.ToHexStringLower(Guid.NewGuid().ToByteArray()), 1);
}
