using System.Buffers;

namespace LisaOrleans.Cli;

/// <summary>The body of a short answer of the hub.</summary>
internal static class HubAnswer
{
    private const int Piece = 1 << 14;

    /// <summary>Reads all of it.</summary>
    /// <param name="answer">The answer, of which the headers have come.</param>
    /// <param name="who">Who answers, for messages.</param>
    /// <param name="silence">How long nothing may come.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="HubException">It falls silent or breaks off.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpResponseMessage answer, string who, TimeSpan silence, CancellationToken cancellationToken)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
            var body = new ArrayBufferWriter<byte>();
            while (true)
            {
                timed.CancelAfter(silence);
                var count = await content.ReadAsync(body.GetMemory(Piece), timed.Token);
                if (count == 0) return body.WrittenMemory;
                body.Advance(count);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubException($"{who} does not go on with its answer within {silence.TotalSeconds} seconds", isPassing: true);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new HubException($"{who} breaks off its answer: {e.Message}", isPassing: true);
        }
    }
}
