using System.Net;
using Amazon.Runtime;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Turns what the SDK throws into what other stores throw: an <see cref="IOException"/> for what may pass, a
/// <see cref="StoreRefusedException"/> for what people have to put right. Nothing else of this project knows the SDK's errors.
/// </summary>
internal static class S3Failures
{
    private static readonly string[] s_passing =
    [
        // Bytes that changed on the way.
        "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody",
        "RequestTimeout", "RequestTimeoutException", "ConditionalRequestConflict", "OperationAborted",
    ];

    /// <summary>Whether nothing has the key.</summary>
    public static bool IsMissing(AmazonServiceException e) => e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode is "NoSuchKey" or "NotFound";

    /// <summary>Whether the condition of a write was not met. Some servers answer If-Match on what is missing with 404.</summary>
    public static bool IsConflict(AmazonServiceException e) => e.StatusCode == HttpStatusCode.PreconditionFailed || IsMissing(e);

    /// <summary>The store's own error for one of the SDK's; null for another error.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="location">The store.</param>
    /// <param name="endpoint">The server's address.</param>
    /// <param name="cancelled">Whether the caller has cancelled.</param>
    public static Exception? Translate(Exception failure, S3Location location, string endpoint, bool cancelled) => failure switch
    {
        AmazonServiceException { StatusCode: 0, InnerException: { } cause } => Unreachable(location, endpoint, cause),
        AmazonServiceException e => Refusal(e, location, endpoint) is { } refusal
            ? new StoreRefusedException(refusal, e)
            : new IOException($"{location}: the server answers {Code(e)}", e),
        HttpRequestException e => Unreachable(location, endpoint, e),
        OperationCanceledException e when !cancelled => new IOException($"{location}: {endpoint} does not answer", e),
        AmazonClientException e => new IOException(
            $"{location}: no credentials can be had; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile (AWS_PROFILE), or give the "
            + $"machine a role (the SDK: {SecretMask.FirstLine(e.Message)})", e),
        _ => null,
    };

    private static IOException Unreachable(S3Location location, string endpoint, Exception e) =>
        new($"{location}: {endpoint} cannot be reached: {e.GetBaseException().Message.ReplaceLineEndings(" ")}", e);

    private static string? Refusal(AmazonServiceException e, S3Location location, string endpoint) => (e.ErrorCode, (int)e.StatusCode) switch
    {
        ("NoSuchBucket", _) => $"{location}: {endpoint} has no bucket '{location.Bucket}'; create it, or correct the name",
        ("RequestTimeTooSkewed" or "RequestExpired", _) =>
            $"{location}: the clock of this machine and that of {endpoint} differ too much ({Code(e)}); set this machine's clock",
        ("QuotaExceeded" or "TooManyBuckets", _) or (_, 507) =>
            $"{location}: the server's quota or disk is used up ({Code(e)}); free some space or raise the quota",
        ("InvalidAccessKeyId" or "SignatureDoesNotMatch", _) =>
            $"{location}: the server does not know the key, or the secret is not its own ({Code(e)}); check the credentials of AWS",
        ("ExpiredToken" or "TokenRefreshRequired" or "InvalidToken", _) =>
            $"{location}: the session's token has expired or is wrong ({Code(e)}); log in again",
        ("PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException", _) or (_, 301 or 307) =>
            $"{location}: the bucket is in another region than was asked ({Code(e)}); give its region",
        ("NotImplemented", _) or (_, 501) =>
            $"{location}: {endpoint} cannot do what a store needs ({Code(e)}); see what a server must be able to do in docs/operations.md",
        (_, 401 or 403) =>
            $"{location}: access is denied ({Code(e)}); the credentials need the rights to list the bucket and to get, put and delete its objects",
        (var code, _) when s_passing.Contains(code) => null,
        (_, >= 400 and < 500 and not (404 or 408 or 409 or 429)) => $"{location}: the server refuses ({Code(e)})",
        _ => null,
    };

    // The code is enough; messages may quote what was signed.
    private static string Code(AmazonServiceException e) => $"{(int)e.StatusCode} {e.ErrorCode}".TrimEnd();
}
