using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class TextGeneratorTests : IDisposable
{
    private static readonly int[] s_prompt = [3, 1, 4];

    private readonly CausalLanguageModel _model = TinyLanguageModel.Create(TinyModel.Config(layers: 1));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Generate_greedy_tokens_are_those_of_the_whole_sequence_at_each_step()
    {
        using var scope = NewDisposeScope();
        var sequence = s_prompt.ToList();
        for (var i = 0; i < 20; i++) sequence.Add((int)_model.Logits(sequence)[-1].argmax().item<long>());
        Assert.Equal(sequence.Skip(3), Generate(new GenerationOptions { MaxNewTokens = 20 }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Logits_weights_widened_a_layer_at_a_time_answer_like_those_widened_at_once(bool tied)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied: tied, layers: 3);
        var dtypes = PartDtypes.Parse("bfloat16", "float32", "float32");
        using var layerwise = new CausalLanguageModel(config, dtypes, TinyModel.Weights(config, dtype: ScalarType.BFloat16));
        using var whole = new CausalLanguageModel(config, dtypes.Widened, TinyModel.Weights(config, dtype: ScalarType.BFloat16));
        int[] ids = [.. s_prompt, .. TinyModel.Ids(config, 10, 3)];
        Assert.Equal(whole.Logits(ids).data<float>().ToArray(), layerwise.Logits(ids).data<float>().ToArray());
        var options = new GenerationOptions { MaxNewTokens = 10 };
        Assert.Equal(TinyLanguageModel.Generate(whole, s_prompt, options), TinyLanguageModel.Generate(layerwise, s_prompt, options));
    }

    [Fact]
    public void Generate_same_seed_gives_the_same_tokens_and_another_gives_others()
    {
        var options = new GenerationOptions { MaxNewTokens = 16, Temperature = 1, TopP = 0.95 };
        var texts = Enumerable.Range(0, 20).Select(seed => Generate(options with { Seed = (ulong)seed })).ToArray();
        Assert.Equal(texts, Enumerable.Range(0, 20).Select(seed => Generate(options with { Seed = (ulong)seed })));
        Assert.Equal(20, texts.Select(t => string.Join(',', t)).Distinct().Count());
    }

    [Fact]
    public void Generate_each_position_has_a_draw_of_its_own()
    {
        // All weights zero: every token is equally likely at every position.
        var config = TinyModel.Config(layers: 1);
        using var scope = NewDisposeScope();
        using var flat = new CausalLanguageModel(
            config, TinyModel.Float32, TinyModel.Weights(config).ToDictionary(w => w.Key, w => zeros_like(w.Value).DetachFromDisposeScope()));
        var tokens = TinyLanguageModel.Generate(flat, s_prompt, new GenerationOptions { MaxNewTokens = 25, Temperature = 1 });
        Assert.InRange(tokens.Distinct().Count(), 10, 25);
    }

    [Theory]
    [InlineData(1e-3, 1)]
    [InlineData(1e-38, 1)]
    [InlineData(1e-300, 1)]
    [InlineData(1, 1e-6)]
    [InlineData(5, 0)]
    public void Generate_low_temperature_or_small_nucleus_is_greedy(double temperature, double topP)
    {
        var greedy = Generate(new GenerationOptions { MaxNewTokens = 20 });
        for (var seed = 0UL; seed < 5; seed++)
            Assert.Equal(greedy, Generate(new GenerationOptions { MaxNewTokens = 20, Temperature = temperature, TopP = topP, Seed = seed }));
    }

    [Theory]
    [InlineData(1.0, 1.0)]
    [InlineData(0.7, 1.0)]
    [InlineData(1.0, 0.6)]
    [InlineData(2.0, 0.9)]
    public void Generate_sampled_tokens_have_the_probabilities_of_the_nucleus(double temperature, double topP)
    {
        var expected = Nucleus(temperature, topP);
        const int Draws = 1000;
        var counts = new int[29];
        var options = new GenerationOptions { MaxNewTokens = 1, Temperature = temperature, TopP = topP };
        for (var seed = 0; seed < Draws; seed++) counts[Generate(options with { Seed = (ulong)seed })[0]]++;

        for (var token = 0; token < 29; token++)
        {
            // Five standard deviations; nothing at all outside of the nucleus.
            var p = expected[token];
            Assert.InRange(counts[token], (Draws * p) - (5 * Math.Sqrt(Draws * p)), (Draws * p) + (5 * Math.Sqrt(Draws * p)));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Generate_penalties_keep_tokens_from_coming_again(double frequency, double presence)
    {
        // All weights zero: no token is likelier than another.
        var config = TinyModel.Config(layers: 1);
        using var scope = NewDisposeScope();
        using var flat = new CausalLanguageModel(
            config, TinyModel.Float32, TinyModel.Weights(config).ToDictionary(w => w.Key, w => zeros_like(w.Value).DetachFromDisposeScope()));
        var options = new GenerationOptions { MaxNewTokens = 20 };
        Assert.Single(TinyLanguageModel.Generate(flat, s_prompt, options).Distinct());
        Assert.Equal(
            20, TinyLanguageModel.Generate(
                flat, s_prompt, options with { FrequencyPenalty = frequency, PresencePenalty = presence }).Distinct().Count());
    }

    [Fact]
    public void Generate_bias_makes_a_token_likelier_and_a_stop_token_ends_the_text()
    {
        var options = new GenerationOptions { MaxNewTokens = 4, LogitBias = new Dictionary<int, double> { [7] = 100 } };
        Assert.Equal([7, 7, 7, 7], Generate(options));
        Assert.Empty(Generate(options with { StopTokenIds = [7] }));
    }

    [Fact]
    public void Generate_end_of_sequence_ends_the_text_and_is_not_yielded()
    {
        var greedy = Generate(new GenerationOptions { MaxNewTokens = 20 });
        var end = greedy[^1];
        using var model = TinyLanguageModel.Create(TinyModel.Config(layers: 1) with { EosTokenIds = [28, end] });
        Assert.Equal(
            greedy.TakeWhile(t => t != end && t != 28),
            TinyLanguageModel.Generate(model, s_prompt, new GenerationOptions { MaxNewTokens = 20 }));
    }

    [Fact]
    public void Generate_limit_or_longest_sequence_of_the_model_ends_the_text()
    {
        Assert.Equal(7, Generate(new GenerationOptions { MaxNewTokens = 7 }).Length);
        Assert.Equal(32 - 3, Generate(new GenerationOptions { MaxNewTokens = 100 }).Length);
        Assert.Empty(Generate(new GenerationOptions { MaxNewTokens = 0 }));
    }

    [Theory]
    [InlineData(0, "the prompt has no tokens")]
    [InlineData(32, "the prompt has 32 tokens; the model takes fewer than 32")]
    public void Generate_prompt_of_a_wrong_length_is_refused(int length, string problem)
    {
        var e = Assert.Throws<ArgumentException>(() => TinyLanguageModel.Generate(_model, new int[length], new GenerationOptions()));
        Assert.StartsWith(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_cancelled_between_tokens_throws()
    {
        using var cancel = new CancellationTokenSource();
        using var tokens = TextGenerator.Generate(_model, s_prompt, new GenerationOptions(), cancel.Token).GetEnumerator();
        Assert.True(tokens.MoveNext());
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => tokens.MoveNext());
    }

    private int[] Generate(GenerationOptions options) => TinyLanguageModel.Generate(_model, s_prompt, options);

    // The likeliest tokens whose probabilities reach top-p, with the one that crosses it; the others get nothing.
    private double[] Nucleus(double temperature, double topP)
    {
        using var logits = _model.Logits(s_prompt);
        var last = logits[-1].data<float>().Select(l => Math.Exp(l / temperature)).ToArray();
        var kept = new double[last.Length];
        var mass = 0.0;
        foreach (var (token, weight) in last.Index().OrderByDescending(w => w.Item))
        {
            if (mass >= topP * last.Sum()) break;
            kept[token] = weight;
            mass += weight;
        }

        return [.. kept.Select(k => k / mass)];
    }
}
