using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Parts over memory that is not to be written to.</summary>
public sealed unsafe class MappedPartTests
{
    [Fact]
    public void ModelPart_mapped_weights_are_copied_before_they_train_and_take_no_memory_before()
    {
        var config = TinyModel.Config();
        using var source = new Source(TinyModel.Weights(config));
        using (var layer = new LayerPart(config, 0, TinyModel.Float32, TinyModel.AdamW, false, source.Map(config.LayerSpecs(0))))
        {
            Assert.Equal(0, layer.WeightBytes);
            var before = source.Bytes();
            layer.MakeTrainable();
            Assert.Equal(config.LayerSpecs(0).Sum(s => s.Count) * 4, layer.WeightBytes);
            Train(layer);
            Assert.Equal(before, source.Bytes());
            Assert.True(layer.Parameters.All(p => !MappedMemory.Holds(p.Exact)));
        }

        Assert.Equal(0, source.Users);
    }

    // The embedding's matrix has a second leaf, for the head.
    [Fact]
    public void ModelPart_tied_matrix_that_was_mapped_gets_the_gradients_of_both_uses()
    {
        var config = TinyModel.Config(tied: true);
        using var source = new Source(TinyModel.Weights(config));
        var losses = new List<double>();
        foreach (var mapped in (bool[])[false, true])
        {
            var all = mapped ? source.Map(config.AllSpecs()) : TinyModel.Weights(config);
            using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, all);
            foreach (var part in chain.Parts) part.MakeTrainable();
            for (var step = 0; step < 3; step++)
            {
                losses.Add(chain.Train(0, TinyModel.Ids(config, 8, 1), TinyModel.Ids(config, 8, 2), 1, 0.125));
                foreach (var part in chain.Parts) part.Apply(1e-2, 1);
            }
        }

        Assert.Equal(losses[..3], losses[3..]);
        Assert.True(losses[2] < losses[0]);
    }

    private static void Train(LayerPart layer)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var x = randn([1, 4, 16], generator: generator).DetachFromDisposeScope();
        var y = layer.Forward(0, x, null, train: true, inputGradient: false);
        layer.Backward(0, ones_like(y), null);
        layer.Apply(1e-2, 1);
    }

    // Memory that stands for a mapped file.
    private sealed class Source(Dictionary<string, Tensor> weights) : IDisposable
    {
        private readonly List<(nint Address, int Length)> _blocks = [];

        public int Users { get; private set; }

        public Dictionary<string, Tensor> Map(IReadOnlyList<ParameterSpec> specs) => specs.ToDictionary(s => s.Name, s =>
        {
            var length = checked((int)s.Count * 4);
            var block = (nint)NativeMemory.AlignedAlloc((nuint)length, MappedMemory.Alignment);
            Buffer.MemoryCopy((void*)TensorMemory.Address(weights[s.Name]), (void*)block, length, length);
            _blocks.Add((block, length));
            Users++;
            return MappedMemory.Over(block, s.Shape, ScalarType.Float32, () => Users--);
        });

        public string Bytes() => string.Join(' ', _blocks.Select(b => Convert.ToHexString(new ReadOnlySpan<byte>((void*)b.Address, b.Length))));

        public void Dispose()
        {
            foreach (var weight in weights.Values) weight.Dispose();
            foreach (var (address, _) in _blocks) NativeMemory.AlignedFree((void*)address);
        }
    }
}
