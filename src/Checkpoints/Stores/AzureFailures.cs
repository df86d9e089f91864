using System.Globalization;
using Azure;
using Azure.Identity;
using Microsoft.Identity.Client;

namespace LisaOrleans.Checkpoints;

/// <summary>Says what to put right where Azure does not let a store be opened; never a key, a signature or a token.</summary>
internal static class AzureFailures
{
    /// <summary>Where a token of this machine's or user's identity comes from, for those who have none.</summary>
    internal const string Identities =
        "give the machine a managed identity, log in with 'az login', or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; or name "
        + "the store by a URL with a signature or a connection string";

    private const string Rights = "list, read, write, create and delete";

    /// <summary>One line about what failed.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="location">The setting, as it was written.</param>
    /// <param name="store">The store's address, without secrets.</param>
    /// <param name="now">The time, for signatures that have expired.</param>
    public static string Explain(Exception failure, string location, Uri store, DateTimeOffset now)
    {
        var cause = failure is AggregateException many ? many.InnerExceptions[0] : failure;
        return $"{store.GetLeftPart(UriPartial.Path)}: " + (cause switch
        {
            AuthenticationFailedException e => NoToken(e),
            RequestFailedException e => Explain(e, location, store, now),
            _ => $"it cannot be used: {SecretMask.FirstLine(cause.Message)}",
        });
    }

    /// <summary>
    /// What a store says that is open and gets no token: it refuses where people have to put that right, as where a secret has expired or
    /// an identity was taken away; all else may pass.
    /// </summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="location">The store, without secrets.</param>
    public static IOException Find(AuthenticationFailedException failure, string location) => IsRefused(failure)
        ? new StoreRefusedException($"{location}: {NoToken(failure)}", failure)
        : new IOException($"{location}: {NoToken(failure)}", failure);

    private static string NoToken(AuthenticationFailedException e) => $"no identity can be had ({FirstSentence(e)}); {Identities}";

    // The code is that of a secret that has expired.
    private static bool IsRefused(Exception? failure) => failure switch
    {
        null => false,
        RequestFailedException { Status: 400 or 401 } or MsalServiceException { StatusCode: 400 or 401 } => true,
        AggregateException many => many.InnerExceptions.Any(IsRefused),
        _ => failure.Message.Contains("invalid_client", StringComparison.Ordinal)
            || failure.Message.Contains("AADSTS7000222", StringComparison.Ordinal) || IsRefused(failure.InnerException),
    };

    private static string Explain(RequestFailedException e, string location, Uri store, DateTimeOffset now)
    {
        var code = $"{e.Status} {e.ErrorCode}".TrimEnd();
        var signed = SignatureOf(location);
        return (e.Status, e.ErrorCode) switch
        {
            (0, _) => $"nothing answers there ({SecretMask.FirstLine(e.Message)}); check the account's name and the network",
            (404, "ContainerNotFound" or "ResourceNotFound") =>
                $"there is no such container ({code}); create it, as a signature for one container may not, or correct the name",
            (403, _) when signed is not null && Expiry(signed) is { } end && end <= now => string.Create(
                CultureInfo.InvariantCulture, $"the signature has expired on {end.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z; make a new one"),
            (403, "AuthorizationPermissionMismatch" or "AuthorizationResourceTypeMismatch" or "AuthorizationServiceMismatch") => signed is not null
                ? $"the signature does not allow it ({code}); it needs the rights to {Rights} blobs of the container"
                : $"the identity may not use it ({code}); it needs the role 'Storage Blob Data Contributor'",
            (401 or 403, _) => (signed is not null
                ? $"the signature is refused ({code}); make a new one for this container"
                : StoreLocation.IsUrl(location)
                    ? $"the identity is refused ({code}); it needs the role 'Storage Blob Data Contributor' in the account's tenant"
                    : $"the account's key is refused ({code}); check AccountName and AccountKey of the connection string")
                + ", and see whether the account's firewall lets this machine in and this machine's clock is right",
            _ => $"Azure refuses ({code})",
        };
    }

    // The query of a container's URL, or the field of a connection string.
    private static string? SignatureOf(string location)
    {
        const string Field = "SharedAccessSignature=";
        if (StoreLocation.IsUrl(location)) return new Uri(location).Query is { Length: > 1 } query ? query[1..] : null;
        var at = location.IndexOf(Field, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : location[(at + Field.Length)..].Split(';')[0];
    }

    private static DateTimeOffset? Expiry(string signature) =>
        signature.Split('&').FirstOrDefault(f => f.StartsWith("se=", StringComparison.Ordinal)) is { } end
            && DateTimeOffset.TryParse(
                Uri.UnescapeDataString(end["se=".Length..]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    // The others lead to a page about all kinds of credentials.
    private static string FirstSentence(Exception e) => SecretMask.FirstLine(e.Message).Split(". ")[0];
}
