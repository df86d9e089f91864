using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LisaOrleans.Checkpoints;

/// <summary>What is asked of blob stores, and how it goes.</summary>
internal static class StoreTelemetry
{
    // The same name as the meter of the grains, which this project does not know.
    private static readonly Meter s_meter = new(nameof(LisaOrleans));

    private static readonly Counter<long> s_operations = s_meter.CreateCounter<long>(
        "lisa.store.operations", "{operation}", "Operations on the blob store, repetitions not counted, by outcome");

    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>(
        "lisa.store.io", "By", "Bytes of blobs read and written; a blob that was there already counts nothing");

    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram(
        "lisa.store.duration", "s", "Time of an operation on the blob store, repetitions included", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100] });

    private static long s_retries;

    static StoreTelemetry() => s_meter.CreateObservableCounter(
        "lisa.store.retries", () => Interlocked.Read(ref s_retries), "{retry}", "Repetitions of operations on the blob store");

    public static void Retrying() => Interlocked.Increment(ref s_retries);

    public static void Moved(string direction, long bytes) => s_bytes.Add(bytes, new KeyValuePair<string, object?>("disk.io.direction", direction));

    /// <summary>Counts an operation by how it ends.</summary>
    public static async Task<T> Measure<T>(string operation, Task<T> task)
    {
        var started = Stopwatch.GetTimestamp();
        var outcome = "failed";
        try
        {
            var result = await task.ConfigureAwait(false);
            outcome = "ok";
            return result;
        }
        catch (Exception e) when (e is ETagMismatchException or BlobMissingException)
        {
            // An answer, not a fault.
            outcome = "refused";
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            throw;
        }
        finally
        {
            var tag = new KeyValuePair<string, object?>("operation", operation);
            s_operations.Add(1, tag, new KeyValuePair<string, object?>("outcome", outcome));
            s_duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tag);
        }
    }
}
