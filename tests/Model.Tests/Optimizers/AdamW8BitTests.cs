using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class AdamW8BitTests
{
    private static readonly AdamW s_adamW = new(0.9, 0.999, 1e-8, 0.01);
    private static readonly PartDtypes s_float32 = PartDtypes.Parse("float32", "float32");

    [Fact]
    public void Values_are_those_of_dynamic_quantization()
    {
        var (signed, unsigned) = (DynamicQuantization.Signed.Values, DynamicQuantization.Unsigned.Values);
        Assert.Equal((256, 256), (signed.Distinct().Count(), unsigned.Distinct().Count()));
        Assert.Equal(signed.Order(), signed);
        Assert.Equal(unsigned.Order(), unsigned);

        // The smallest fraction of the smallest power; the largest of the largest; and the one exact number.
        Assert.Equal(5.5e-7, signed.First(v => v > 0), 1e-12);
        Assert.Equal([3.25e-7, 7.75e-7], unsigned.Skip(1).Take(2).Select(v => Math.Round(v, 12)));
        Assert.Equal(0, unsigned[0]);
        Assert.Equal([0.99296875, 1], signed.TakeLast(2).Select(v => Math.Round(v, 12)));
        Assert.Equal([0.996484375, 1], unsigned.TakeLast(2).Select(v => Math.Round(v, 12)));
        Assert.Equal(-0.99296875, signed[0], 1e-12);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(1000)]
    [InlineData(5)]
    public void Quantized_number_is_the_nearest_value_of_its_block(int count)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var numbers = randn([count], generator: generator) * pow(10, randn([count], generator: generator));
        var (codes, largest) = (zeros(count, ScalarType.Byte), zeros(DynamicQuantization.Blocks(count)));
        var quantized = DynamicQuantization.Signed.Over(codes, largest);

        quantized.Write(numbers);

        var (x, read) = (numbers.data<float>().ToArray(), quantized.Read().data<float>().ToArray());
        for (var block = 0; block < count; block += 256)
        {
            var scale = x.Skip(block).Take(256).Max(v => Math.Abs(v));
            for (var i = block; i < Math.Min(count, block + 256); i++)
            {
                var least = DynamicQuantization.Signed.Values.Min(v => Math.Abs((v * scale) - x[i]));
                Assert.Equal(least, Math.Abs((double)read[i] - x[i]), 1e-6 * scale);
            }
        }
    }

    [Fact]
    public void Quantized_state_that_was_just_allocated_reads_as_zeros()
    {
        using var scope = NewDisposeScope();
        var fresh = DynamicQuantization.Signed.Over(zeros(300, ScalarType.Byte), zeros(2));
        Assert.Equal(0, fresh.Read().abs().sum().item<float>());
        fresh.Write(zeros(300));
        Assert.Equal(0, fresh.Read().abs().sum().item<float>());
    }

    [Fact]
    public void Apply_500_steps_end_within_a_hundredth_of_float32_moments()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        var (rows, columns) = (96, 64);
        var inputs = randn([512, columns], generator: generator);
        var targets = inputs.matmul(randn([columns, rows], generator: generator)) + (0.5 * randn([512, rows], generator: generator));

        var (exact, eightBit, kept) = (Loss(s_adamW), Loss(new AdamW8Bit(s_adamW)), Loss(new AdamW8Bit(s_adamW, KeepsSmallMoments: true)));

        Assert.True(exact < 0.3, $"float32 moments have not learned: {exact}");
        Assert.Equal(exact, eightBit, 0.01 * exact);
        Assert.Equal(exact, kept, 0.01 * exact);

        double Loss(IPartOptimizer optimizer)
        {
            using var parameter = new Parameter(new ParameterSpec("w", [rows, columns], Decay: true), zeros(rows, columns), s_float32);
            parameter.MakeTrainable(optimizer);
            for (var step = 1; step <= 500; step++)
            {
                using var inner = NewDisposeScope();
                var error = inputs.matmul(parameter.Value.detach().t()) - targets;
                OneUpdate.Apply(parameter, error.t().matmul(inputs) / 512, step, 2e-2, optimizer);
            }

            var last = inputs.matmul(parameter.Value.detach().t()) - targets;
            return last.mul(last).mean().item<float>();
        }
    }

    // The row of a token that leaves the batch: the first moment survives 8 bits where the second is the square of something small.
    [Fact]
    public void Apply_number_without_a_gradient_goes_no_further_than_with_float32_moments()
    {
        using var scope = NewDisposeScope();
        const int Count = 4096, Small = 1;
        var gradient = zeros(Count);
        gradient[0] = 1e-2f;
        gradient[Small] = 2e-6f;

        Assert.Equal(0.67, Moved(s_adamW), 0.01);
        Assert.InRange(Moved(new AdamW8Bit(s_adamW, KeepsSmallMoments: true)), 0.1, 2 * 0.67);

        // As runs of older builds go on.
        Assert.InRange(Moved(new AdamW8Bit(s_adamW)), 50, 100);

        double Moved(IPartOptimizer optimizer)
        {
            using var parameter = new Parameter(new ParameterSpec("w", [Count], Decay: false), zeros(Count), s_float32);
            parameter.MakeTrainable(optimizer);
            OneUpdate.Apply(parameter, gradient, 1, 1, optimizer);
            var before = parameter.Value[Small].item<float>();
            OneUpdate.Apply(parameter, zeros(Count), 2, 1, optimizer);
            return Math.Abs(parameter.Value[Small].item<float>() - before);
        }
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(-1e-7f, 0)]
    [InlineData(1e-44f, 1)]
    [InlineData(1e-7f, 1)]
    [InlineData(5e-7f, 1)]
    [InlineData(6e-7f, 2)]
    public void UnsignedAbove0_only_0_is_kept_as_0(float number, byte code)
    {
        using var scope = NewDisposeScope();
        var codes = zeros(300, ScalarType.Byte);
        var numbers = zeros(300);
        numbers[299] = 1;
        numbers[298] = number;
        DynamicQuantization.UnsignedAbove0.Over(codes, zeros(2)).Write(numbers);
        Assert.Equal((code, 255), (codes[298].item<byte>(), codes[299].item<byte>()));
    }

    [Fact]
    public void StateTensors_large_parameter_takes_two_bytes_and_a_32nd_for_each_number()
    {
        var optimizer = new AdamW8Bit(s_adamW);
        Assert.Equal(2 * 65536 * (1 + (4 / 256.0)), OptimizerState.BytesOf(new ParameterSpec("w", [256, 256], Decay: true), s_float32, optimizer));
        Assert.Equal(8 * 100, OptimizerState.BytesOf(new ParameterSpec("norm", [100], Decay: false), s_float32, optimizer));
    }

    [Fact]
    public void Apply_in_pieces_equals_apply_to_parts_of_their_own()
    {
        using var scope = NewDisposeScope();
        var optimizer = new AdamW8Bit(s_adamW);
        const long Piece = 4 << 20, Rest = 5000;
        using var generator = new Generator(2);
        var gradient = randn([Piece + Rest], generator: generator);
        using var whole = Trained(gradient);
        using var first = Trained(gradient.narrow(0, 0, Piece));
        using var second = Trained(gradient.narrow(0, Piece, Rest));
        Assert.True(whole.Value.detach().bytes.SequenceEqual(cat([first.Value.detach(), second.Value.detach()]).bytes));

        Parameter Trained(Tensor gradients)
        {
            var count = gradients.shape[0];
            var parameter = new Parameter(new ParameterSpec("w", [count], Decay: true), ones(count), s_float32);
            parameter.MakeTrainable(optimizer);
            for (var step = 1; step <= 2; step++) OneUpdate.Apply(parameter, gradients, step, 1e-2, optimizer);
            return parameter;
        }
    }
}
