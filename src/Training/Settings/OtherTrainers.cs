namespace LisaOrleans.Training;

/// <summary>Settings of other trainers that need no setting here, or ask for what there is not.</summary>
public static class OtherTrainers
{
    private static readonly (string[] Names, string Answer)[] s_answers =
    [
        (["device", "devices", "device_map", "gpu", "gpus", "no_cuda", "use_cpu", "use_mps_device", "local_rank", "tpu_num_cores", "tpu_metrics_debug",
            "debug"],
            "the first GPU that the process sees is used, or the processor where there is none; CUDA_VISIBLE_DEVICES chooses"),
        (["lora", "use_lora", "use_peft", "peft", "qlora"], "{method} lora trains adapters, and qlora on layers in NF4"),
        (["load_in_4bit", "load_in_8bit", "quantization_bit"],
            "{frozen_weights} nf4 or int8 keeps the matrices of layers that do not train in 4 or 8 bits, also beside the adapters of {method} lora"),
        (["deepspeed", "fsdp", "fsdp_config", "fsdp_min_num_params", "fsdp_transformer_layer_cls_to_wrap", "accelerate_config", "accelerator_config",
            "parallelism_config", "nproc_per_node", "mp_parameters", "ray_scope", "ddp_backend", "ddp_find_unused_parameters", "ddp_bucket_cap_mb",
            "ddp_broadcast_buffers", "ddp_static_graph", "ddp_timeout"],
            "a model that is too large for one machine is trained by several 'lisa silo' processes"),
        (["report_to", "logging_steps", "logging_strategy", "logging_first_step", "logging_nan_inf_filter", "log_level", "log_level_replica",
            "log_on_each_node", "use_wandb", "project", "trackio_space_id", "include_tokens_per_second", "include_num_input_tokens_seen",
            "disable_tqdm"],
            "every step is logged, to trainer_log.jsonl and tensorboard/ in the output folder"),
        (["attn_implementation", "use_flash_attn", "use_flash_attention_2", "flash_attn"], "the fastest attention that repeats its bits is used"),
        (["torch_compile", "torch_compile_backend", "torch_compile_mode", "torchdynamo", "jit_mode_eval", "use_ipex", "use_liger_kernel",
            "liger_kernel_config", "torch_empty_cache_steps", "skip_memory_metrics", "use_cache", "low_cpu_mem_usage", "auto_find_batch_size",
            "activation_offloading"],
            "leave it out: nothing is compiled or offloaded; 'lisa plan' says what memory a run takes"),
        (["full_determinism"], "leave it out: every run repeats its bits"),
        (["average_tokens_across_devices"], "leave it out: a step's loss is the mean over all its tokens, however many machines it has"),
        (["trust_remote_code"], "a model's own code is never run"),
        (["tokenizer_name", "tokenizer_name_or_path", "config_name", "use_fast_tokenizer"], "the model's folder has its tokenizer and config.json"),
        (["push_to_hub", "push_to_hub_model_id", "push_to_hub_organization", "push_to_hub_token", "hub_model_id", "hub_token", "hub_strategy",
            "hub_private_repo", "hub_always_push", "hub_revision"],
            "'lisa push ORG/MODEL --folder OUTPUT' does it when training has ended"),
        (["resume_from_checkpoint", "ignore_data_skip", "restore_callback_states_from_checkpoint", "enable_jit_checkpoint", "save_only_model",
            "save_on_each_node"],
            "leave it out: the same command goes on from its run's last manifest, which holds all that is needed"),
        (["save_safetensors"], "leave it out: weights are always written as safetensors"),
        (["do_train", "do_predict"], "leave it out"),
        (["prediction_loss_only", "include_inputs_for_metrics", "include_for_metrics", "batch_eval_metrics", "eval_accumulation_steps",
            "eval_do_concat_batches", "eval_use_gather_object", "use_legacy_prediction_loop", "label_names", "past_index", "compute_metrics"],
            "leave it out: an evaluation is the loss on the evaluation data"),
        (["dataloader_drop_last"], "leave it out: the last step of an epoch takes what is left of it"),
        (["dataloader_num_workers", "dataloader_prefetch_factor", "dataloader_pin_memory", "dataloader_persistent_workers",
            "preprocessing_num_workers", "dataset_num_proc", "overwrite_cache", "streaming"],
            "leave it out: data are tokenised once, by all cores, and read from the store"),
        (["group_by_length", "length_column_name", "train_sampling_strategy", "shuffle_dataset"],
            "leave it out: each epoch has all samples in an order that {seed} decides; {packing} saves pads"),
        (["max_train_samples", "max_eval_samples"], "a weight behind a source of data takes a share of it, as FILE:0.5"),
        (["label_smoothing_factor"], "labels of single answers are not smoothed; {label_smoothing} is for pairs of them, with {objective} dpo"),
        (["neftune_noise_alpha"], "there is no noise on embeddings; leave it out"),
        (["optim_target_modules"], "leave it out: galore and apollo project the matrices of all layers"),
    ];

    /// <summary>
    /// What somebody who knows a setting from elsewhere should know, with settings as <c>{method}</c>; null for a name that none of
    /// them has.
    /// </summary>
    /// <param name="key">In snake case.</param>
    public static string? Answer(string key) => s_answers.FirstOrDefault(a => a.Names.Contains(key)).Answer;
}
