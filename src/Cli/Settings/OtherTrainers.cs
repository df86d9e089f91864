namespace LisaOrleans.Cli;

/// <summary>Settings of other trainers that need no setting here, or ask for what there is not.</summary>
internal static class OtherTrainers
{
    private static readonly (string[] Names, string Answer)[] s_answers =
    [
        (["device", "devices", "device_map", "gpu", "gpus", "no_cuda", "use_cpu", "local_rank"],
            "the first GPU that the process sees is used, or the processor where there is none; CUDA_VISIBLE_DEVICES chooses"),
        (["lora", "use_lora", "use_peft", "peft", "qlora"], "--method lora trains adapters, and qlora on layers in NF4"),
        (["load_in_4bit", "load_in_8bit", "quantization_bit"],
            "--frozen-weights nf4 or int8 keeps the matrices of layers that do not train in 4 or 8 bits, also beside the adapters of --method lora"),
        (["deepspeed", "fsdp", "fsdp_config", "accelerate_config", "nproc_per_node"],
            "a model that is too large for one machine is trained by several 'lisa silo' processes"),
        (["report_to", "logging_steps", "logging_strategy", "use_wandb"],
            "every step is logged, to trainer_log.jsonl and tensorboard/ in the output folder"),
        (["attn_implementation", "use_flash_attn", "use_flash_attention_2", "flash_attn"], "the fastest attention that repeats its bits is used"),
        (["trust_remote_code"], "a model's own code is never run"),
        (["push_to_hub", "hub_model_id", "hub_token"], "'lisa push ORG/MODEL --folder OUTPUT' does it when training has ended"),
        (["do_train", "do_predict"], "leave it out"),
    ];

    /// <summary>What somebody who knows a setting from elsewhere should know; null for a name that none of them has.</summary>
    /// <param name="key">In snake case.</param>
    public static string? Answer(string key) => s_answers.FirstOrDefault(a => a.Names.Contains(key)).Answer;
}
