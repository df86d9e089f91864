using LisaOrleans.Grains;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

/// <summary>What comes from another silo is the manifest's blob, byte for byte, or it is not taken.</summary>
[Collection(nameof(TensorNode))]
public sealed class PartReceiverTests
{
    private const long StateStep = 7;

    private static readonly ModelConfig s_config = ModelConfigReader.Parse(
        File.ReadAllText(Path.Combine(Repository.Root, "samples", "tiny-stories", "config.json")), "config.json");

    private static readonly IReadOnlyList<ParameterSpec> s_specs = s_config.LayerSpecs(2);

    private static readonly AdamW s_optimizer = new(0.9, 0.999, 1e-8, 0);

    public static TheoryData<string, bool> States =>
        new() { { "float32", false }, { "float32", true }, { "bfloat16", false }, { "bfloat16", true }, { "float16", false } };

    [Theory]
    [MemberData(nameof(States))]
    public async Task Receive_takes_over_the_very_state(string dtype, bool trains)
    {
        var before = TensorNode.LiveTensors();
        await using (var holder = new TensorNode())
        await using (var receiver = new TensorNode())
        {
            var dtypes = PartDtypes.Parse(dtype, "float32");
            var tensors = Tensors(dtypes, trains);
            var load = Load(tensors, trains);
            var expected = tensors.ToDictionary(t => t.Name, t => TensorNode.Bytes(t.Value));

            using (var state = await Receive(receiver, () => Offer(holder, tensors, trains), load, dtypes))
            {
                Assert.NotNull(state);
                Assert.Equal(new PartLoaded(PartSource.HandedOver, (load.Optimizer ?? load.Weights).Length), state.Loaded);
                using var part = new LayerPart(
                    s_config, 2, dtypes, s_optimizer, gradientCheckpointing: false, state.TakeWeights(CPU));
                state.RestoreTrainingState(part);
                Assert.Equal((trains, trains ? StateStep : 0), (part.Trainable, part.StateStep));
                foreach (var (name, value) in trains ? part.CopyTrainingState() : part.CopyWeights())
                    using (value) Assert.True(expected[name].AsSpan().SequenceEqual(TensorNode.Bytes(value)), name);
            }

            await Until.True(() => holder.Exchange.Count == 0);
        }

        await Until.True(() => TensorNode.LiveTensors() <= before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_one_different_number_is_refused(bool trains)
    {
        var before = TensorNode.LiveTensors();
        await using (var holder = new TensorNode())
        await using (var receiver = new TensorNode())
        {
            var dtypes = PartDtypes.Parse("float32", "float32");
            var tensors = Tensors(dtypes, trains);
            var load = Load(tensors, trains);
            using (tensors[3].Value.view(-1)[5].add_(1e-3f))
            {
            }

            Assert.Null(await Receive(receiver, () => Offer(holder, tensors, trains), load, dtypes));
        }

        await Until.True(() => TensorNode.LiveTensors() <= before);
    }

    [Fact]
    public async Task Receive_training_state_of_another_step_is_refused()
    {
        await using var holder = new TensorNode();
        await using var receiver = new TensorNode();
        var dtypes = PartDtypes.Parse("float32", "float32");
        var tensors = Tensors(dtypes, trains: true);
        var load = Load(tensors, trains: true);
        Assert.Null(await Receive(receiver, () => Offer(holder, tensors, trains: true) with { StateStep = StateStep + 1 }, load, dtypes));
    }

    [Fact]
    public async Task Receive_wrong_tensors_are_refused_before_anything_is_fetched()
    {
        await using var holder = new TensorNode();
        await using var receiver = new TensorNode();
        var dtypes = PartDtypes.Parse("float32", "float32");
        var tensors = Tensors(dtypes, trains: false);
        var load = Load(tensors, trains: false);
        var offer = Offer(holder, tensors, trains: false);
        var first = offer.Tensors[0];
        PartHandOver[] offers =
        [
            offer with { Tensors = [.. offer.Tensors.Skip(1)] },
            offer with { Tensors = [.. offer.Tensors, first] },
            offer with { Tensors = [first with { Shape = [first.Shape[0] + 1] }, .. offer.Tensors.Skip(1)] },
            offer with { Tensors = [first with { DType = "BFloat16" }, .. offer.Tensors.Skip(1)] },
        ];
        foreach (var wrong in offers) Assert.Null(await Receive(receiver, () => wrong, load, dtypes));
        Assert.Equal(tensors.Length, holder.Exchange.Count);
    }

    [Fact]
    public async Task Receive_lost_or_changed_holder_returns_null()
    {
        await using var receiver = new TensorNode();
        var dtypes = PartDtypes.Parse("float32", "float32");
        PartHandOver offer;
        PartLoad load;
        await using (var holder = new TensorNode())
        {
            var tensors = Tensors(dtypes, trains: false);
            (load, offer) = (Load(tensors, trains: false), Offer(holder, tensors, trains: false));
        }

        Assert.Null(await Receive(receiver, () => offer, load, dtypes));
        Assert.Null(await Receive(receiver, () => null, load, dtypes));
        Assert.Null(await Receive(receiver, () => throw new SiloUnavailableException("gone"), load, dtypes));
    }

    // The model's weights and the adapters, or their training state, are two blobs.
    [Theory]
    [InlineData("float32", true)]
    [InlineData("bfloat16", true)]
    [InlineData("bfloat16", false)]
    public async Task Receive_part_with_adapters_takes_both_over_and_nothing_that_differs(string dtype, bool trains)
    {
        var before = TensorNode.LiveTensors();
        await using (var holder = new TensorNode())
        await using (var receiver = new TensorNode())
        {
            var lora = new LoraOptions { UseDora = true, TargetModules = [LoraOptions.AllLinear] };
            var schema = new PartSchema(s_specs, lora.Specs(s_config, 2), PartDtypes.Parse(dtype, "float32"), s_optimizer);
            NamedTensor[] weights = [.. schema.WeightTensors.Select(s => new NamedTensor(s.Name, Random(s)))];
            NamedTensor[] adapters = [.. (trains ? schema.StateTensors : schema.AdapterTensors).Select(s => new NamedTensor(s.Name, Random(s)))];
            var began = new BlobRef(new string('1', 64), 1);
            var load = Load(weights, trains: false) with
            {
                Adapter = trains ? began : Blob(adapters, null),
                Optimizer = trains ? Blob(adapters, PartStorage.StateMetadata(StateStep)) : null,
            };
            NamedTensor[] all = [.. weights, .. adapters];
            var expected = all.ToDictionary(t => t.Name, t => TensorNode.Bytes(t.Value));
            NamedTensor[] copies = [.. all.Select(t => t with { Value = t.Value.clone().DetachFromDisposeScope() })];

            using (var state = await Receive(receiver, () => Offer(holder, all, trains), load, schema))
            {
                Assert.NotNull(state);
                Assert.Equal(load.Weights.Length + (load.Optimizer ?? load.Adapter).Length, state.Loaded.Bytes);
                using var part = new LayerPart(
                    s_config, 2, schema.Dtypes, s_optimizer, gradientCheckpointing: false, state.TakeWeights(CPU), lora);
                state.RestoreTrainingState(part);
                Assert.Equal((trains, trains ? StateStep : 0), (part.Trainable, part.StateStep));
                foreach (var (name, value) in part.CopyWeights().Concat(trains ? part.CopyTrainingState() : part.CopyAdapters()))
                    using (value) Assert.True(expected[name].AsSpan().SequenceEqual(TensorNode.Bytes(value)), name);
            }

            // A weight of the model, which no training changes.
            using (copies[1].Value.view(-1)[3].add_(1))
            {
            }

            Assert.Null(await Receive(receiver, () => Offer(holder, copies, trains), load, schema));
        }

        await Until.True(() => TensorNode.LiveTensors() <= before);
    }

    private static NamedTensor[] Tensors(PartDtypes dtypes, bool trains) =>
        [.. (trains ? OptimizerState.Specs(s_specs, dtypes, s_optimizer) : PartStorage.WeightSpecs(s_specs, dtypes))
            .Select(s => new NamedTensor(s.Name, Random(s)))];

    private static Tensor Random(TensorSpec spec)
    {
        using var scope = NewDisposeScope();
        return randn([.. spec.Shape]).to(spec.DType).DetachFromDisposeScope();
    }

    private static BlobRef Blob(NamedTensor[] tensors, Dictionary<string, string>? metadata)
    {
        var blob = PartStorage.ToBlob(tensors, metadata);
        return new BlobRef(blob.Sha256, blob.Length);
    }

    private static PartLoad Load(NamedTensor[] tensors, bool trains)
    {
        var pointer = Blob(tensors, trains ? PartStorage.StateMetadata(StateStep) : null);
        return new PartLoad
        {
            Generation = 2,
            Step = 9,
            Spec = new TrainingSpec { RunName = "r", BlockSize = 8, Dtype = "float32", Threads = 1 },
            ConfigJson = "",
            Weights = trains ? new BlobRef(new string('0', 64), 1) : pointer,
            Optimizer = trains ? pointer : null,
            HeldBy = "elsewhere",
        };
    }

    private static PartHandOver Offer(TensorNode holder, NamedTensor[] tensors, bool trains) =>
        new([.. tensors.Select(t => holder.Publish(t.Value))], trains ? StateStep : 0);

    private static Task<IPartState?> Receive(TensorNode node, Func<PartHandOver?> offer, PartLoad load, PartDtypes dtypes) =>
        Receive(node, offer, load, new PartSchema(s_specs, [], dtypes, s_optimizer));

    private static async Task<IPartState?> Receive(TensorNode node, Func<PartHandOver?> offer, PartLoad load, PartSchema schema)
    {
        using var receiver = new PartReceiver(node.Exchange, NullLogger<PartReceiver>.Instance);
        var (state, isOther) = await receiver.Receive(new OfferingHolder(offer), "layer-2", load, schema, TestContext.Current.CancellationToken);
        Assert.True(state is null || !isOther);
        return state;
    }
}
