using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains.Tests;

public sealed class HeldStateTests
{
    private static readonly BlobRef s_weights = new(new string('a', 64), 1);
    private static readonly BlobRef s_optimizer = new(new string('b', 64), 1);

    // A load may be broken off before the owner has sent anything; the next one, as owner, must not go on with what is here.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Loaded_weights_that_are_still_to_come_are_not_the_manifests(bool ownerSendsWeights)
    {
        using var folder = new TempFolder();
        var services = new PartServices(
            null!, null!, new FolderBlobStore(folder["store"]), null!, new LocalParts(), null!, new WeightScratch(), new RunOptions());
        var held = new HeldState<LayerPart>(services, PartName.Key("run", PartName.Layer(0), "silo"));
        held.Take(Layer);
        try
        {
            held.Loaded(new PartLoad
            {
                Generation = 1,
                Step = 3,
                Spec = TinyStories.Spec(3),
                ConfigJson = "",
                Weights = s_weights,
                Optimizer = s_optimizer,
                FollowsOwner = ownerSendsWeights,
                OwnerSendsWeights = ownerSendsWeights,
            });
            Assert.Equal(!ownerSendsWeights, held.Holds(s_weights, s_optimizer, adapter: null));
        }
        finally
        {
            held.Part!.Dispose();
        }
    }

    private static LayerPart Layer()
    {
        var weights = TinyStories.Config.LayerSpecs(0).ToDictionary(s => s.Name, s => zeros([.. s.Shape]));
        return new LayerPart(
            TinyStories.Config, 0, PartDtypes.Parse("float32", "float32"), new AdamW(0.9, 0.999, 1e-8, 0), gradientCheckpointing: false, weights);
    }
}
