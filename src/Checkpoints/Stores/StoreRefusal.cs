using Azure;

namespace LisaOrleans.Checkpoints;

/// <summary>Knows the errors of disks and of Azure that stay the same however often one retries.</summary>
public static class StoreRefusal
{
    // As errno.h numbers them on Linux; .NET passes them on as the HResult of its exceptions.
    private const int PermissionDenied = 13;
    private const int NotPermitted = 1;
    private const int NoSpace = 28;
    private const int ReadOnly = 30;
    private const int QuotaExceeded = 122;

    /// <summary>The refusal that a failure stands for; null for one that may pass.</summary>
    /// <param name="failure">What failed.</param>
    /// <param name="location">The store, or the folder.</param>
    public static StoreRefusedException? Find(Exception failure, string location) =>
        failure as StoreRefusedException
        ?? (failure is TemporaryFolderException
            ? new StoreRefusedException(failure.Message, failure)
            : Reason(failure) is { } reason ? new StoreRefusedException($"{location}: {reason}", failure) : null);

    private static string? Reason(Exception? failure) => failure switch
    {
        null => null,
        IOException { HResult: NoSpace } => "no space is left on the disk; free some or move what can be moved",
        IOException { HResult: QuotaExceeded } => "the disk quota is used up; free some space or raise the quota",
        IOException { HResult: ReadOnly } => "it is on a disk that can only be read; mount it for writing",
        IOException { HResult: PermissionDenied or NotPermitted } => "access is denied; give this user the right to write there",
        UnauthorizedAccessException => "access is denied; give this user the right to write there",
        RequestFailedException { Status: 401 or 403 } e =>
            $"Azure denies access ({e.Status} {e.ErrorCode}); check the key, its expiry and its rights",
        RequestFailedException { ErrorCode: "AccountIsDisabled" or "InsufficientAccountPermissions" } e =>
            $"Azure denies access ({e.Status} {e.ErrorCode})",
        _ => Reason(failure.InnerException),
    };
}
