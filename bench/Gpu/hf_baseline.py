"""Hugging Face transformers on the same GPU: full fine-tuning, or LoRA by PEFT. Prints lines as the C# side does."""
import sys
import time

import torch
from transformers import AutoConfig, AutoModelForCausalLM


def main(folder, method, steps, length, checkpointing):
    torch.manual_seed(7)
    config = AutoConfig.from_pretrained(folder)
    with torch.device("cuda"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
    model.config.use_cache = False
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if method == "lora":
        from peft import LoraConfig, get_peft_model

        # bfloat16 adapters, which is faster than PEFT's default of float32 ones.
        lora = LoraConfig(r=128, lora_alpha=256, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(model, lora, autocast_adapter_dtype=False)
        if checkpointing:
            model.enable_input_require_grads()
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    print("trained", sum(p.numel() for p in trained), flush=True)
    optimizer = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.0, fused=True)
    generator = torch.Generator(device="cuda").manual_seed(1)
    for step in range(1, steps + 1):
        ids = torch.randint(3, 512, (1, length), device="cuda", generator=generator)
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        torch.cuda.synchronize()
        print("step", step, repr(loss.item()), repr(time.time()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "checkpointing")
