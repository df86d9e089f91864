using System.Text.RegularExpressions;

namespace LisaOrleans.Checkpoints;

/// <summary>Hides keys, signatures and passwords in a text that is to be shown or logged.</summary>
public static partial class SecretMask
{
    /// <summary>The text, with *** for the value of each signature, account key and password, and for those before the @ of a URL.</summary>
    public static string Apply(string text) => UserInfo().Replace(Field().Replace(text, "$1***"), "$1***@");

    /// <summary>The same of the first line of a message, which is what other programs' errors say; the rest is details.</summary>
    public static string FirstLine(string message) => Apply(message.Split('\n')[0].Trim());

    // What a value of such a field may hold: base64, percent escapes. A signed URL of S3 has X-Amz-Signature and X-Amz-Security-Token. A
    // password ends at the comma of a Redis configuration.
    [GeneratedRegex("""\b((?:sig|signature|AccountKey|SharedAccessSignature|password|token|access_token)=)[^\s,;&'"]+""", RegexOptions.IgnoreCase)]
    private static partial Regex Field();

    [GeneratedRegex("""(\b[a-z][a-z0-9+.-]*://)[^\s/'"]*@""", RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();
}
