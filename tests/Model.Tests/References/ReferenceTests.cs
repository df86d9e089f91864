using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Each family against a plain computation in double precision that shares no code with it.</summary>
/// <remarks>
/// Its arithmetic on arrays has the garbage collected hundreds of times, so it has the process to itself: other tests use
/// TorchSharp's operators, which do not bear that (see <see cref="TensorArithmetic"/>).
/// </remarks>
[Collection(nameof(ReferenceTests))]
public sealed class ReferenceTests
{
    private const int Length = 13;

    public static TheoryData<string> Names => [.. References.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AllSpecs_each_family_names_the_tensors_that_the_reference_uses(string name)
    {
        var (reference, config, weights) = Open(name);
        reference.Logits(weights, TinyModel.Ids(config, Length, 1));
        Assert.Equal(config.AllSpecs().Select(s => s.Name).Order(StringComparer.Ordinal), weights.Used.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_whole_and_token_by_token_are_those_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        var (reference, config, weights) = Open(name);
        var ids = TinyModel.Ids(config, Length, 1);
        var expected = reference.Logits(weights, ids);

        using var model = TinyLanguageModel.Create(config);
        AssertClose(expected, model.Logits(ids));

        using var session = model.StartDecoding(Length);
        AssertClose(expected[..5], session.Append(ids[..5], allPositions: true));
        AssertClose(expected[5..9], session.Append(ids[5..9], allPositions: true));
        for (var i = 9; i < Length; i++) AssertClose(expected[i..(i + 1)], session.Append(ids[i..(i + 1)]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Score_packed_samples_have_the_losses_of_the_reference(string name)
    {
        var (reference, config, weights) = Open(name);
        var (ids, labels) = (TinyModel.Ids(config, Length, 2), TinyModel.Ids(config, Length, 3));
        var expected = ReferenceMath.Loss(reference.Logits(weights, ids[..6]), labels[..6])
            + ReferenceMath.Loss(reference.Logits(weights, ids[6..]), labels[6..]);

        using var model = TinyLanguageModel.Create(config);
        var (loss, count) = model.Score(
            1, Length, ids, labels, [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
        Assert.Equal(Length, count);
        Assert.Equal(expected, loss, 2e-4 * (1 + Math.Abs(expected)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_each_family_has_the_loss_and_gradients_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        var (reference, config, weights) = Open(name);
        var (ids, labels) = (TinyModel.Ids(config, 2 * Length, 4), TinyModel.Ids(config, 2 * Length, 5));
        labels[3] = labels[Length] = labels[Length - 1] = -100;

        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        foreach (var part in chain.Parts) part.MakeTrainable();
        var loss = chain.Train(0, ids, labels, rows: 2, scale: 0.1);

        Assert.Equal(LossOf(weights), loss, 2e-4 * (1 + Math.Abs(loss)));
        foreach (var parameter in chain.Parts.SelectMany(p => p.Parameters))
        {
            using var gradient = parameter.TakeGradient(out _);
            Assert.True(gradient is not null || IsExpert(parameter), $"{parameter.Spec.Name} has no gradient");
            var flat = (gradient ?? zeros_like(parameter.Value)).to(ScalarType.Float64).flatten();

            // Along a fixed direction that touches every element.
            using var direction = arange(flat.numel(), dtype: ScalarType.Float64).add(1).mul(0.7).sin();
            var analytic = flat.dot(direction).item<double>();
            var steps = direction.data<double>().ToArray();
            var (ahead, behind) = (weights.Moved(parameter.Spec.Name, steps, 1e-5), weights.Moved(parameter.Spec.Name, steps, -1e-5));
            var numeric = 0.1 * (LossOf(ahead) - LossOf(behind)) / 2e-5;
            Assert.True(
                Math.Abs(analytic - numeric) < 5e-4 * (0.1 + Math.Abs(numeric)), $"{parameter.Spec.Name}: {analytic} against {numeric}");
        }

        double LossOf(ReferenceWeights w) =>
            ReferenceMath.Loss(reference.Logits(w, ids[..Length]), labels[..Length])
            + ReferenceMath.Loss(reference.Logits(w, ids[Length..]), labels[Length..]);
    }

    private static (Reference Reference, ModelConfig Config, ReferenceWeights Weights) Open(string name)
    {
        var reference = References.All.Single(r => r.Name == name);
        var config = ModelConfigReader.Parse(reference.Config, "config.json");
        using var scope = NewDisposeScope();
        var weights = TinyModel.Weights(config).ToDictionary(
            w => w.Key,
            w =>
            {
                using var value = w.Value;
                return (value.shape, Array.ConvertAll(value.data<float>().ToArray(), v => (double)v));
            });
        return (reference, config, new ReferenceWeights(weights));
    }

    // An expert to which no token is sent has no gradient.
    private static bool IsExpert(Parameter parameter) => parameter.Spec.Name.Contains(".experts.", StringComparison.Ordinal);

    private static void AssertClose(double[][] expected, Tensor actual)
    {
        Assert.Equal([expected.Length, expected[0].Length], actual.shape);
        var values = actual.data<float>().ToArray();
        var most = expected.Max(row => row.Max(Math.Abs));
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(expected[i / expected[0].Length][i % expected[0].Length], values[i], 5e-5 * (1 + most));
    }
}

[CollectionDefinition(nameof(ReferenceTests), DisableParallelization = true)]
public sealed class ReferenceTestsAlone;
