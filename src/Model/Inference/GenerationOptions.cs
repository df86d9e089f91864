namespace LisaOrleans.Model;

/// <summary>How text is continued, with the names of Hugging Face's GenerationConfig.</summary>
public sealed record GenerationOptions
{
    /// <value>At most this many tokens are made. Default 128.</value>
    public int MaxNewTokens { get; init; } = 128;

    /// <value>0 (default) takes the likeliest token; above it, logits are divided by this and a token is drawn.</value>
    public double Temperature { get; init; }

    /// <value>Draws from the likeliest tokens that together have this probability. Default 1: all.</value>
    public double TopP { get; init; } = 1;

    /// <value>Keys the draws. Default 0.</value>
    public ulong Seed { get; init; }

    /// <value>Taken from a token's logit for every time that it was made before. Default 0.</value>
    public double FrequencyPenalty { get; init; }

    /// <value>Taken from the logit of every token that was made before. Default 0.</value>
    public double PresencePenalty { get; init; }

    /// <value>Added to the logits of tokens, by id. Default none.</value>
    public IReadOnlyDictionary<int, double> LogitBias { get; init; } = new Dictionary<int, double>();

    /// <value>Ids that end it, besides those of the model's configuration. Default none.</value>
    public IReadOnlyList<int> StopTokenIds { get; init; } = [];
}
