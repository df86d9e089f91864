using System.Security.Cryptography;

namespace LisaOrleans.Api;

/// <summary>Ids of calls that look like OpenAI's.</summary>
internal static class ToolCallIds
{
    private const int Digits = 24;

    public static string New() => "call_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", Digits);
}
