namespace LisaOrleans.Api;

/// <summary>What a key may do; also the names of the authorization policies that demand it.</summary>
public static class ApiScopes
{
    /// <summary>Look at everything, and try models out.</summary>
    public const string Read = "read";

    /// <summary>Change things too.</summary>
    public const string Write = "write";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Read, Write];
}
