using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Part-by-part backward passes against a plain whole-model autograd, and against finite differences.</summary>
public sealed class PartGradientTests
{
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    public void Backward_part_by_part_equals_whole_model_autograd(bool tied, bool bias, bool recompute)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied, bias);
        var weights = TinyModel.Weights(config);
        var reference = TinyModel.Clone(weights);
        foreach (var weight in reference.Values) weight.requires_grad = true;
        var ids = TinyModel.Ids(config, 14, 1);
        var labels = TinyModel.Ids(config, 14, 2);
        labels[3] = labels[6] = labels[13] = -100;
        var count = labels.Count(l => l != -100);

        var ids_BT = tensor(Array.ConvertAll(ids, i => (long)i), 2, 7);
        var labels_BT = tensor(Array.ConvertAll(labels, i => (long)i), 2, 7);
        var loss = WholeModel.Loss(config, reference, ids_BT, labels_BT);
        loss.backward();

        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights, recompute);
        foreach (var part in chain.Parts) part.MakeTrainable();
        var sum = chain.Train(0, ids, labels, rows: 2, scale: 1.0 / count);

        Assert.Equal(loss.item<float>(), sum / count, 1e-5);
        foreach (var part in chain.Parts)
        {
            foreach (var parameter in part.Parameters)
            {
                var expected = reference[parameter.Spec.Name].grad!;
                using var actual = parameter.TakeGradient(out _)!;
                var error = (actual - expected).abs().max().item<float>();
                Assert.True(error < 2e-6 + (1e-4 * expected.abs().max().item<float>()), $"{parameter.Spec.Name}: off by {error}");
            }
        }
    }

    // Two micro-batches look the token up, and one of them twice; a tied head's gradient reaches its row all the same.
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public void Backward_padding_token_has_no_gradient_from_being_looked_up_unless_the_run_is_older(bool tied, bool noPaddingGradient)
    {
        using var scope = NewDisposeScope();
        var ids = TinyModel.Ids(TinyModel.Config(), 14, 1);
        var padding = ids[2] = ids[4] = ids[9];
        var config = TinyModel.Config(tied, padding: padding);
        var weights = TinyModel.Weights(config);
        var reference = TinyModel.Clone(weights);
        foreach (var weight in reference.Values) weight.requires_grad = true;
        var labels = TinyModel.Ids(config, 14, 2);
        var ids_BT = tensor(Array.ConvertAll(ids, i => (long)i), 2, 7);
        var labels_BT = tensor(Array.ConvertAll(labels, i => (long)i), 2, 7);
        WholeModel.Loss(config, reference, ids_BT, labels_BT, noPaddingGradient ? padding : null).backward();

        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights, noPaddingGradient: noPaddingGradient);
        foreach (var part in chain.Parts) part.MakeTrainable();
        chain.Train(0, ids[..7], labels[..7], 1, 1.0 / 14);
        chain.Train(1, ids[7..], labels[7..], 1, 1.0 / 14);

        var expected = reference["model.embed_tokens.weight"].grad!;
        using var actual = chain.Embedding.Parameters[0].TakeGradient(out _)!;
        Assert.True((actual - expected).abs().max().item<float>() < 2e-6 + (1e-4 * expected.abs().max().item<float>()));
        Assert.Equal(noPaddingGradient && !tied, actual[padding].count_nonzero().item<long>() == 0);
    }

    [Fact]
    public void Backward_padding_token_has_the_gradient_of_torchs_embedding()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(padding: -1);
        var weights = TinyModel.Weights(config);
        var ids_BT = tensor([3L, 28, 5, 28, 3, 0], 2, 3);
        var gradient_BTD = randn(2, 3, 16);
        using var module = nn.Embedding(29, 16, padding_idx: 28);
        using (no_grad()) module.weight!.copy_(weights["model.embed_tokens.weight"]);
        module.forward(ids_BT).backward([gradient_BTD]);

        using var part = new EmbeddingPart(config, TinyModel.Float32, TinyModel.AdamW, weights) { NoPaddingGradient = true };
        part.MakeTrainable();
        part.Forward(0, ids_BT, null, train: true);
        part.Backward(0, gradient_BTD);
        using var actual = part.Parameters[0].TakeGradient(out _)!;
        Assert.Equal(module.weight!.grad!.data<float>().ToArray(), actual.data<float>().ToArray());
        Assert.Equal(0, actual[28].count_nonzero().item<long>());
    }

    [Fact]
    public void TakeGradient_each_part_equals_finite_differences()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied: true, bias: true, layers: 2);
        var weights = TinyModel.Weights(config);
        var ids = TinyModel.Ids(config, 10, 3);
        var labels = TinyModel.Ids(config, 10, 4);
        var doubles = weights.ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float64, copy: true));

        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights);
        foreach (var part in chain.Parts) part.MakeTrainable();
        chain.Train(0, ids, labels, rows: 1, scale: 0.1);

        foreach (var parameter in chain.Parts.SelectMany(p => p.Parameters)) FiniteDifference.Check(parameter, LossAt);

        // The scaled loss of the whole model in float64, with one weight moved.
        double LossAt(string name, Tensor direction, double distance)
        {
            using var inner = NewDisposeScope();
            var moved = new Dictionary<string, Tensor>(doubles)
            {
                [name] = doubles[name] + (direction.view(doubles[name].shape) * distance),
            };
            var ids_BT = tensor(Array.ConvertAll(ids, i => (long)i), 1, 10);
            var logits = WholeModel.Logits(config, moved, ids_BT).view(10, -1);
            var targets = tensor(Array.ConvertAll(labels, i => (long)i)).unsqueeze(1);
            return nn.functional.log_softmax(logits, -1).gather(1, targets).sum().item<double>() * -0.1;
        }
    }

    [Fact]
    public void Backward_frozen_layer_passes_the_same_gradient_on_and_keeps_none()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        var ids = TinyModel.Ids(config, 12, 5);
        var labels = TinyModel.Ids(config, 12, 6);
        using var all = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        using var some = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        foreach (var part in all.Parts) part.MakeTrainable();
        some.Embedding.MakeTrainable();
        some.Head.MakeTrainable();

        all.Train(0, ids, labels, 1, 0.1);
        some.Train(0, ids, labels, 1, 0.1);

        Assert.All(some.Layers, l => Assert.Equal((0, 0), (l.GradientBytes, l.OptimizerBytes)));
        Assert.Equal(all.Embedding.SquaredGradientNorm(), some.Embedding.SquaredGradientNorm());
        Assert.True(all.Layers[0].SquaredGradientNorm() > 0);
        Assert.Equal(0, some.Layers[0].SquaredGradientNorm());
    }

    [Fact]
    public void Backward_embeddings_not_trainable_stops_at_the_lowest_active_layer()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        chain.Layers[1].MakeTrainable();

        chain.Train(0, TinyModel.Ids(config, 8, 1), TinyModel.Ids(config, 8, 2), 1, 1);

        Assert.True(chain.Layers[1].SquaredGradientNorm() > 0);
        Assert.Null(chain.Layers[0].Backward(0, zeros(1, 8, 16), null));
    }

    [Fact]
    public void Backward_micro_batches_add_up_to_the_gradient_of_the_whole_batch()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied: true);
        var ids = TinyModel.Ids(config, 24, 7);
        var labels = TinyModel.Ids(config, 24, 8);
        using var whole = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        using var split = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        foreach (var part in whole.Parts.Concat(split.Parts)) part.MakeTrainable();

        whole.Train(0, ids, labels, rows: 3, scale: 1.0 / 24);
        for (var row = 0; row < 3; row++)
            split.Train(row, ids[(row * 8)..((row + 1) * 8)], labels[(row * 8)..((row + 1) * 8)], rows: 1, scale: 1.0 / 24);

        foreach (var (a, b) in whole.Parts.Zip(split.Parts))
            Assert.Equal(1, b.SquaredGradientNorm() / a.SquaredGradientNorm(), 1e-4);
    }

    [Theory]
    [InlineData("llama", "")]
    [InlineData("mistral", "\"sliding_window\": 3,")]
    [InlineData("gemma2", "\"sliding_window\": 3, \"query_pre_attn_scalar\": 4, \"attn_logit_softcapping\": 2.0, "
        + "\"hidden_activation\": \"gelu_pytorch_tanh\",")]
    [InlineData("gpt_oss", "\"sliding_window\": 3, \"num_local_experts\": 2, \"num_experts_per_tok\": 1, "
        + "\"rope_parameters\": { \"rope_type\": \"default\", \"rope_theta\": 10000 },")]
    public void Backward_packed_samples_give_the_gradients_of_separate_rows(string family, string more)
    {
        using var scope = NewDisposeScope();
        var config = (DecoderConfig)ModelConfigReader.Parse(
            $$"""
            {
              "model_type": "{{family}}", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3, {{more}}
              "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "vocab_size": 29, "max_position_embeddings": 32,
              "rms_norm_eps": 1e-5, "rope_theta": 10000
            }
            """,
            "config.json");
        var ids = TinyModel.Ids(config, 12, 9);
        var labels = TinyModel.Ids(config, 12, 10);
        using var packed = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        using var apart = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        foreach (var part in packed.Parts.Concat(apart.Parts)) part.MakeTrainable();
        using var positions = MicroBatchPositions.Create(
            [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1], 1, CPU);

        var together = packed.Train(0, ids, labels, 1, 0.1, positions);
        var separate = apart.Train(0, ids[..5], labels[..5], 1, 0.1) + apart.Train(1, ids[5..], labels[5..], 1, 0.1);

        Assert.Equal(separate, together, 1e-4);
        foreach (var (a, b) in packed.Parts.Zip(apart.Parts))
            Assert.Equal(1, b.SquaredGradientNorm() / a.SquaredGradientNorm(), 1e-4);
    }
}
