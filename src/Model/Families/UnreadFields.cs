using System.Text.Json;

namespace LisaOrleans.Model;

/// <summary>
/// Fields of config.json that a family does not read. One that changes no number is accepted by name; any other must have a
/// value that switches its feature off, since otherwise the model would differ from its authors'.
/// </summary>
internal static class UnreadFields
{
    private static readonly string[] s_dropout =
    [
        "attention_dropout", "attention_probs_dropout_prob", "hidden_dropout_prob", "hidden_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop",
        "residual_dropout", "embedding_dropout", "dropout", "layerdrop",
    ];

    // Ids, texts, training-time settings and bookkeeping that Hugging Face's library and those around it write. Dropout is
    // among them because it is a setting of training, not of the function that is trained; none is applied here, which Dropout says.
    private static readonly HashSet<string> s_harmless =
    [
        "architectures", "transformers_version", "_name_or_path", "name_or_path", "model_type", "auto_map", "torchscript",
        "bos_token_id", "sep_token_id", "cls_token_id", "unk_token_id", "decoder_start_token_id", "forced_bos_token_id",
        "forced_eos_token_id", "begin_suppress_tokens", "suppress_tokens", "bad_words_ids", "prefix",
        "initializer_range", "initializer_factor", "initializer_cutoff_factor", "init_std", "use_cache", "cache_implementation",
        .. s_dropout, "summary_first_dropout", "classifier_dropout",
        "pretraining_tp", "tensor_parallel_degree", "base_model_tp_plan", "base_model_pp_plan", "gradient_checkpointing",
        "_attn_implementation", "_attn_implementation_autoset", "attn_implementation", "use_flash_attn", "use_bfloat16", "tf_legacy_loss",
        "output_attentions", "output_hidden_states", "return_dict", "return_dict_in_generate",
        "output_scores", "output_past", "chunk_size_feed_forward",
        "do_sample", "temperature", "top_k", "top_p", "typical_p", "num_beams", "num_beam_groups", "diversity_penalty", "min_length",
        "max_length", "max_new_tokens", "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size",
        "num_return_sequences", "early_stopping", "remove_invalid_values", "exponential_decay_length_penalty",
        "id2label", "label2id", "num_labels", "problem_type", "_num_labels", "finetuning_task", "task_specific_params", "tokenizer_class",
        "summary_activation", "summary_proj_to_labels", "summary_type", "summary_use_proj", "n_ctx", "max_sequence_length",
        "unsloth_version", "unsloth_fixed", "model_name", "is_decoder", "original_max_position_embeddings",
        "router_aux_loss_coef", "transformers.js_config", "is_llama_config", "is_qwen2_config",
    ];

    // What older builds took, too: noise on the router's input, by which other experts are chosen.
    private static readonly HashSet<string> s_harmlessInRuns = ["router_jitter_noise"];

    // Off is 1, not 0.
    private static readonly HashSet<string> s_factors =
    [
        "partial_rotary_factor", "embedding_multiplier", "residual_multiplier", "logits_scaling", "logit_scale",
        "scale_emb", "rope_ratio",
    ];

    // What every family does unless it is told otherwise.
    private static readonly HashSet<string> s_always = ["is_causal"];

    /// <summary>The fields by which the model asks for dropout in training, with their values: <c>resid_pdrop 0.1</c>.</summary>
    public static IReadOnlyList<string> Dropout(ConfigFields json) =>
    [
        .. json.All.Where(f => s_dropout.Contains(f.Name) && f.Value.ValueKind == JsonValueKind.Number && f.Value.GetDouble() > 0)
            .Select(f => $"{f.Name} {ConfigFields.Shorten(f.Value)}"),
    ];

    /// <summary>Refuses the first field that the family has not read and that is neither harmless nor switched off.</summary>
    /// <param name="json">The fields, after the family has read them.</param>
    /// <param name="families">The families that read a field of this name.</param>
    public static void Check(ConfigFields json, Func<string, IReadOnlyList<string>> families)
    {
        const string Quantisation = WeightQuantization.Field;
        if (!json.WasRead(Quantisation) && json.Peek(Quantisation) is { } quantised)
        {
            throw json.Wrong(
                Quantisation,
                $"says that weights are quantised ({QuantizationFields.Method(quantised) ?? "by no method that it names"}); "
                + "weights in float32, bfloat16 or float16 are needed, or quantised by fp8, in gpt_oss also by mxfp4");
        }

        // A rope of its own for one type of layers, in a family that has no such layers.
        if (RopeFields.IsForEachLayerType(json))
        {
            var name = RopeFields.NameIn(json);
            foreach (var type in json.Peek(name)!.Value.EnumerateObject().Where(t => !json.WasRead($"{name}.{t.Name}")))
                throw json.Wrong($"{name}.{type.Name}", $"is there, but {json.ModelType} has no such layers here");
        }

        foreach (var field in json.All)
        {
            if (json.WasRead(field.Name) || s_harmless.Contains(field.Name) || IsOff(field, json.IsOfRun)) continue;
            if (json.IsOfRun && s_harmlessInRuns.Contains(field.Name)) continue;
            if (field.Name == "layer_types" && field.Value.ValueKind == JsonValueKind.Array
                && field.Value.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String && t.ValueEquals(LayerTypes.Full))) continue;
            var others = families(field.Name);
            throw json.Wrong(
                field.Name,
                $"is {ConfigFields.Shorten(field.Value)}, which {json.ModelType} does not implement here"
                + (others.Count > 0 ? $"; the families that do are {string.Join(", ", others)}" : ""));
        }
    }

    private static bool IsOff(JsonProperty field, bool ofRun) => field.Value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.True => s_always.Contains(field.Name),
        JsonValueKind.False => ofRun || !s_always.Contains(field.Name),
        JsonValueKind.Number => field.Value.TryGetDouble(out var number) && number == (s_factors.Contains(field.Name) ? 1 : 0),
        JsonValueKind.String => field.Value.GetString()!.Length == 0,
        JsonValueKind.Array => field.Value.GetArrayLength() == 0,
        JsonValueKind.Object => !field.Value.EnumerateObject().Any(),
        _ => false,
    };
}
