using LisaOrleans.Data;

namespace LisaOrleans.Api;

/// <summary>How models are tried out over HTTP.</summary>
public sealed record InferenceOptions
{
    /// <value>Folder whose subfolders are the base models, by name; null (default) for none.</value>
    public string? ModelsFolder { get; init; }

    /// <value>Chat template of base models. Default auto: that of their folder.</value>
    public string Template { get; init; } = ChatTemplates.Auto;

    /// <value>Memory for models and their key/value caches, in bytes. Default a quarter of this machine's.</value>
    public long MaxModelBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <value>How long until an unused model is unloaded. Default 10 minutes.</value>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>Requests that may wait for one model while it answers another. Default 32.</value>
    public int MaxQueuedRequests { get; init; } = 32;

    /// <value>How long a request may take, including waiting and loading. Default 5 minutes.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <value>Longest sequence in tokens, unless the model's own is shorter. Default 8192.</value>
    public int MaxContextTokens { get; init; } = 8192;

    /// <value>Intra-op threads of each loaded model; models compute on the CPU. Default 1: the others are for training.</value>
    public int Threads { get; init; } = 1;

    /// <value>Largest request body in bytes. Default 4 MiB.</value>
    public long MaxRequestBytes { get; init; } = 4L << 20;
}
