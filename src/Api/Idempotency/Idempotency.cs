using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>
/// <c>Idempotency-Key</c>: a request that is sent again, to any silo, gets the same answer and does nothing twice. One that was refused is
/// not remembered. Of one that failed in another way nobody knows what it made before: the next makes that, with the same id.
/// </summary>
internal sealed partial class Idempotency(IBlobStore store, ISiloStatusOracle silos, TimeProvider time, ILogger<Idempotency> logger)
    : BackgroundService
{
    private const string Header = "Idempotency-Key";
    internal const string ReplayedHeader = "Idempotent-Replayed";
    private const int LongestKey = 255;
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    // In the place of a silo where no request is at work.
    private const string Nobody = "";

    private readonly DocumentSet<IdempotencyRecord> _records = new(store, "idempotency");
    private readonly ConcurrentDictionary<string, byte> _atWork = new();

    /// <summary>A hash of everything that decides a request's result.</summary>
    public static string Fingerprint(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Does what a request asks for, once.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fingerprint">What it asks for.</param>
    /// <param name="prefix">The prefix of the id of what it makes.</param>
    /// <param name="make">
    /// Makes that. Called again with the same id if a silo died while making it, or it failed otherwise than by an
    /// <see cref="ApiException"/>. Of a request with a key it goes on when the client has gone: nobody could tell then what had been done.
    /// </param>
    public async Task<IResult> RunAsync<T>(
        HttpContext context, string fingerprint, string prefix, Func<IdempotentTry, CancellationToken, Task<T>> make)
    {
        if (!context.Request.Headers.TryGetValue(Header, out var header))
            return Results.Json(await make(new(ApiIds.New(prefix), IsAgain: false), context.RequestAborted), ApiJson.Options);
        if (header.ToString() is not { Length: > 0 and <= LongestKey } key)
            throw ApiException.Invalid($"{Header} must have from 1 to {LongestKey} characters.", Header, "invalid_value");

        var name = Fingerprint(context.User.FindFirstValue(ClaimTypes.Name) ?? "", context.Request.Path, key);
        var isFirst = _atWork.TryAdd(name, 0);
        try
        {
            if (isFirst) await PassWriterAsync(name, context.RequestAborted);
            return await ClaimAsync(context, name, isFirst, fingerprint, prefix, make);
        }
        finally
        {
            if (isFirst) _atWork.TryRemove(name, out _);
        }
    }

    /// <summary>Forgets answers that nobody will ask for again.</summary>
    /// <param name="damaged">Told of each record that cannot be read, which stays: one must not keep the others.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CollectAsync(Action<InvalidDataFileException> damaged, CancellationToken cancellationToken)
    {
        await foreach (var name in _records.IdsAsync(cancellationToken))
        {
            try
            {
                if (await _records.FindAsync(name, cancellationToken) is { } found && time.GetUtcNow() - found.Value.CreatedAt > s_kept)
                    await _records.DeleteAsync(name, cancellationToken);
            }
            catch (InvalidDataFileException e)
            {
                damaged(e);
            }
        }
    }

    private async Task<IResult> ClaimAsync<T>(
        HttpContext context, string name, bool isFirst, string fingerprint, string prefix, Func<IdempotentTry, CancellationToken, Task<T>> make)
    {
        var isAgain = false;
        var record = new IdempotencyRecord
        {
            Fingerprint = fingerprint,
            Id = ApiIds.New(prefix),
            Silo = silos.SiloAddress.ToParsableString(),
            CreatedAt = time.GetUtcNow(),
        };
        if (!isFirst || !await OrLetGoAsync(name, _records.TryCreateAsync(name, record, CancellationToken.None)))
        {
            var (found, etag) = await _records.FindAsync(name, CancellationToken.None) ?? throw Busy();
            if (found.Fingerprint != fingerprint)
            {
                throw new ApiException(
                    StatusCodes.Status422UnprocessableEntity, $"This {Header} was used for another request; a new request needs a new one.",
                    "idempotency_key_reused");
            }

            if (found.Answer is { } answer)
            {
                context.Response.Headers[ReplayedHeader] = "true";
                return Results.Text(answer, "application/json");
            }

            if (!isFirst || IsAlive(found.Silo)) throw Busy();
            record = found with { Silo = record.Silo };
            if (!await OrLetGoAsync(name, _records.TryReplaceAsync(name, record, etag, CancellationToken.None))) throw Busy();
            isAgain = true;
        }

        return await AnswerAsync(name, token => make(new(record.Id, isAgain), token));
    }

    private async Task<IResult> AnswerAsync<T>(string name, Func<CancellationToken, Task<T>> make)
    {
        string answer;
        try
        {
            answer = JsonSerializer.Serialize(await make(CancellationToken.None), ApiJson.Options);
        }
        catch (ApiException)
        {
            // Nothing was made.
            await EndAsync(name, token => _records.DeleteAsync(name, token));
            throw;
        }
        catch
        {
            await EndAsync(name, token => _records.UpdateAsync(name, r => r with { Silo = Nobody }, token));
            throw;
        }

        await EndAsync(name, token => _records.UpdateAsync(name, r => r with { Answer = answer }, token));
        return Results.Text(answer, "application/json");
    }

    // A claim of this silo that is not at work is of a request whose end could not be written down.
    private bool IsAlive(string silo) => silo != Nobody && silo != silos.SiloAddress.ToParsableString()
        && silos.GetApproximateSiloStatus(SiloAddress.FromParsableString(silo)) is SiloStatus.Active or SiloStatus.Joining;

    private static ApiException Busy() =>
        new(StatusCodes.Status409Conflict, $"A request with this {Header} is being worked on.", "idempotency_conflict");
}
