using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class MixtureOfExpertsTests
{
    private static readonly ModelConfig s_config = ModelConfigReader.Parse(Qwen3MoeReference.Listed.Config, "config.json");

    [Fact]
    public void Apply_experts_without_tokens_have_no_gradient_and_stay_as_they_are()
    {
        using var scope = NewDisposeScope();
        var before = TinyModel.Clone(TinyModel.Weights(s_config));
        using var chain = new PartChain(s_config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(s_config));
        foreach (var part in chain.Parts) part.MakeTrainable();
        chain.Train(0, TinyModel.Ids(s_config, 13, 4), TinyModel.Ids(s_config, 13, 5), rows: 1, scale: 0.1);

        var parameters = chain.Layers.SelectMany(l => l.Parameters).ToArray();
        var idle = parameters.Where(p => !HasGradient(p)).Select(p => p.Spec.Name).ToArray();
        Assert.NotEmpty(idle);
        Assert.All(idle, name => Assert.Contains(".experts.", name, StringComparison.Ordinal));
        Assert.Contains(parameters, p => HasGradient(p) && p.Spec.Name.Contains(".experts.", StringComparison.Ordinal));

        // Weight decay would move them if they took part.
        foreach (var part in chain.Parts) part.Apply(0.01, 1);
        foreach (var parameter in parameters)
            Assert.Equal(idle.Contains(parameter.Spec.Name), parameter.Value.eq(before[parameter.Spec.Name]).all().item<bool>());
    }

    [Fact]
    public void TakeGradient_repeated_or_recomputed_has_the_same_bits()
    {
        var first = Gradients(recompute: false);
        foreach (var again in new[] { Gradients(recompute: false), Gradients(recompute: true) })
        {
            Assert.Equal(first.Keys, again.Keys);
            Assert.All(first, g => Assert.Equal(g.Value, again[g.Key]));
        }

        static Dictionary<string, float[]> Gradients(bool recompute)
        {
            using var scope = NewDisposeScope();
            using var chain = new PartChain(s_config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(s_config), recompute);
            foreach (var part in chain.Parts) part.MakeTrainable();
            for (var i = 0; i < 2; i++)
                chain.Train(i, TinyModel.Ids(s_config, 24, 4 + i), TinyModel.Ids(s_config, 24, 7 + i), rows: 2, scale: 0.1);

            var gradients = new Dictionary<string, float[]>();
            foreach (var parameter in chain.Parts.SelectMany(p => p.Parameters))
            {
                using var gradient = parameter.TakeGradient(out _);
                if (gradient is not null) gradients.Add(parameter.Spec.Name, gradient.contiguous().data<float>().ToArray());
            }

            return gradients;
        }
    }

    [Fact]
    public void LayerSpecs_layer_with_experts_counts_all_and_weights_per_token_the_chosen()
    {
        // Router 20 · 16; an expert three matrices of 16 · 10.
        var attention = (2 * (16 * 24)) + (2 * (16 * 12)) + 24 + 12 + 12 + 16 + 6 + 6 + 16 + 16;
        Assert.Equal(attention + (20 * 16) + (20 * 480), s_config.LayerSpecs(0).Sum(s => s.Count));
        Assert.Equal(attention + (20 * 16) + (2 * 480), s_config.WeightsPerToken(0));
        Assert.Equal(s_config.LayerSpecs(1).Sum(s => s.Count), s_config.WeightsPerToken(1));

        var (sparse, dense) = (s_config.SavedByLayer(0, 13), s_config.SavedByLayer(1, 13));
        Assert.Equal((2 * ((3 * 10) + 16 + 1)) - (3 * 20), sparse.Always - dense.Always);
    }

    [Theory]
    [InlineData("\"num_experts\": 20", "\"num_experts\": 1000000", "field 'num_experts'")]
    [InlineData("\"num_experts\": 20", "\"num_experts\": 0", "field 'num_experts'")]
    [InlineData("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 9000", "field 'num_experts' is 20; with 9000 layers at most 11")]
    [InlineData("\"num_experts\": 20", "\"num_experts\": 20, \"num_local_experts\": 8", "field 'num_local_experts' is 8")]
    [InlineData("\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 21", "field 'num_experts_per_tok' is 21; there are 20")]
    [InlineData("\"mlp_only_layers\": [1]", "\"mlp_only_layers\": [-1]", "field 'mlp_only_layers' holds -1")]
    [InlineData("\"output_router_logits\": false", "\"output_router_logits\": true", "field 'output_router_logits' is true")]
    [InlineData("\"use_sliding_window\": true", "\"use_sliding_window\": true, \"max_window_layers\": 2", "field 'max_window_layers' is 2")]
    [InlineData("\"decoder_sparse_step\": 1", "\"decoder_sparse_step\": 1, \"use_qk_norm\": false", "field 'use_qk_norm' is false")]
    [InlineData(
        "\"decoder_sparse_step\": 1", "\"decoder_sparse_step\": 1, \"shared_expert_intermediate_size\": 8",
        "field 'shared_expert_intermediate_size'")]
    public void Parse_field_that_cannot_be_followed_is_refused(string right, string wrong, string says)
    {
        Assert.Contains(right, Qwen3MoeReference.Listed.Config, StringComparison.Ordinal);
        var json = Qwen3MoeReference.Listed.Config.Replace(right, wrong, StringComparison.Ordinal);
        var e = Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(json, "config.json"));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    private static bool HasGradient(Parameter parameter)
    {
        using var gradient = parameter.Value.grad;
        return gradient is not null;
    }
}
