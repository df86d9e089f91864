namespace LisaOrleans.Cli;

/// <summary>Where the hub and its cache are, from the variables that Hugging Face's own tools read.</summary>
/// <param name="Endpoint">HF_ENDPOINT.</param>
/// <param name="Cache">HF_HUB_CACHE, else <c>hub</c> in HF_HOME.</param>
/// <param name="Token">HF_TOKEN, else what the file HF_TOKEN_PATH or <c>token</c> in HF_HOME holds; null for none. Never shown.</param>
/// <param name="Offline">HF_HUB_OFFLINE: only the cache is used.</param>
internal sealed record HubOptions(Uri Endpoint, string Cache, string? Token, bool Offline)
{
    private const string EndpointVariable = "HF_ENDPOINT";
    private const string Usual = "https://huggingface.co";

    /// <summary>Reads the environment.</summary>
    /// <exception cref="HubException">A variable is wrong.</exception>
    public static HubOptions FromEnvironment()
    {
        var text = Variable(EndpointVariable) ?? Usual;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("https" or "http"))
            throw new HubException($"{EndpointVariable} must be an address that begins with https:// or http://");
        var home = Variable("HF_HOME") ?? Path.Combine(
            Variable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");
        var file = Variable("HF_TOKEN_PATH") ?? Path.Combine(home, "token");
        var token = Variable("HF_TOKEN") ?? (File.Exists(file) ? File.ReadAllText(file).Trim() : null);
        if (token is not null && !token.All(c => c is > ' ' and < '\x7f'))
            throw new HubException("the token (HF_TOKEN, or the file with it) has characters that no token has");
        return new HubOptions(
            endpoint, Path.GetFullPath(Variable("HF_HUB_CACHE") ?? Path.Combine(home, "hub")), string.IsNullOrEmpty(token) ? null : token,
            Variable("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "TRUE" or "YES" or "ON");
    }

    /// <summary>Everything but the token, which must never be printed.</summary>
    public override string ToString() => $"Endpoint = {Endpoint}, Cache = {Cache}, Offline = {Offline}";

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;
}
