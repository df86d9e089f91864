using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>What somebody is making in a store, and names only when it is done: a collection of what is young would take it away.</summary>
public static class UnnamedWork
{
    /// <summary>The documents of jobs that are to be imported, which the API writes.</summary>
    public const string Imports = "imports";

    // Uploads and imports have no lease: what was begun longer ago counts as left behind.
    private static readonly TimeSpan s_age = TimeSpan.FromHours(1);

    /// <summary>Finds some of it, and says what it is, in words that follow "but"; null where there is none.</summary>
    /// <param name="store">The store.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> FindAsync(IBlobStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await HeldRuns.FindAsync(store, cancellationToken).ConfigureAwait(false) is { } run) return $"run '{run}' is being worked on";
        var since = time.GetUtcNow() - s_age;
        await foreach (var path in store.ListDocumentsAsync(Imports + "/", cancellationToken).ConfigureAwait(false))
        {
            if (await store.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false) is { } import && BeganAt(import) > since)
                return $"job '{Path.GetFileNameWithoutExtension(path)}' is being imported";
        }

        var marks = await store.ListDocumentsAsync(Uploads.Prefix, cancellationToken).ToHashSetAsync(cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return marks.Count > 0 && await store.ListAsync(cancellationToken)
            .AnyAsync(b => b.LastModified > since && marks.Contains(Uploads.Prefix + b.Sha256), cancellationToken).ConfigureAwait(false)
            ? "a model or data were uploaded for a run less than an hour ago"
            : null;
    }

    // As the API writes it; what cannot be read keeps nobody waiting.
    private static DateTimeOffset BeganAt(StoreDocument import)
    {
        try
        {
            using var json = JsonDocument.Parse(import.Content);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("created_at", out var at)
                && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var began) ? began : DateTimeOffset.MinValue;
        }
        catch (JsonException)
        {
            return DateTimeOffset.MinValue;
        }
    }
}
