using System.Security.Cryptography;

namespace LisaOrleans.Api;

/// <summary>Ids of calls as OpenAI's look.</summary>
internal static class ToolCallIds
{
    private const int Digits = 24;

    public static string New() => "call_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", Digits);
}
