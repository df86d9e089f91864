namespace LisaOrleans;

/// <summary>The values of <see cref="TrainingSpec.Method"/> that the program itself means. There may be more of them.</summary>
public static class TrainingMethods
{
    /// <summary>LISA: embedding, final norm and head always, a few sampled layers in each period (arXiv 2403.17919).</summary>
    public const string Lisa = "lisa";

    /// <summary>Every parameter, one period: ordinary AdamW.</summary>
    public const string Full = "full";

    /// <summary>BAdam: one decoder layer after the other, in a new order for each sweep (arXiv 2404.02827).</summary>
    public const string Badam = "badam";

    /// <summary>GaLore: every parameter, with the optimizer state of gradients projected to a low rank (arXiv 2403.03507).</summary>
    public const string Galore = "galore";

    /// <summary>APOLLO: every parameter, with steps whose length is found in a random projection (arXiv 2412.05270).</summary>
    public const string Apollo = "apollo";

    /// <summary>Low-rank adapters on frozen decoder layers (arXiv 2106.09685), by PEFT's rules.</summary>
    public const string Lora = "lora";

    /// <summary>The same on layers whose weights are in NF4 (QLoRA, arXiv 2305.14314).</summary>
    public const string Qlora = "qlora";
}
