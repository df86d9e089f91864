using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>
/// <c>Idempotency-Key</c>: a request that is sent again, to any silo, gets the same answer and does nothing twice. Failed
/// requests are not remembered.
/// </summary>
internal sealed class Idempotency(IBlobStore store, ISiloStatusOracle silos, TimeProvider time)
{
    private const string Header = "Idempotency-Key";
    internal const string ReplayedHeader = "Idempotent-Replayed";
    private const int LongestKey = 255;
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    private readonly DocumentSet<IdempotencyRecord> _records = new(store, "idempotency");

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
    /// <param name="make">Makes that, with its id. Called again with the same id if a silo died while making it.</param>
    public async Task<IResult> RunAsync<T>(HttpContext context, string fingerprint, string prefix, Func<string, Task<T>> make)
    {
        var cancellationToken = context.RequestAborted;
        if (!context.Request.Headers.TryGetValue(Header, out var header)) return Results.Json(await make(ApiIds.New(prefix)), ApiJson.Options);
        if (header.ToString() is not { Length: > 0 and <= LongestKey } key)
            throw ApiException.Invalid($"{Header} must have from 1 to {LongestKey} characters.", Header, "invalid_value");

        var name = Fingerprint(context.User.FindFirstValue(ClaimTypes.Name) ?? "", context.Request.Path, key);
        var record = new IdempotencyRecord
        {
            Fingerprint = fingerprint,
            Id = ApiIds.New(prefix),
            Silo = silos.SiloAddress.ToParsableString(),
            CreatedAt = time.GetUtcNow(),
        };
        if (!await _records.TryCreateAsync(name, record, cancellationToken))
        {
            var (found, etag) = await _records.FindAsync(name, cancellationToken) ?? throw Busy();
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

            if (IsAlive(found.Silo)) throw Busy();
            record = found with { Silo = record.Silo };
            if (!await _records.TryReplaceAsync(name, record, etag, cancellationToken)) throw Busy();
        }

        return await AnswerAsync(name, record, make);
    }

    /// <summary>Forgets answers that nobody will ask for again.</summary>
    public async Task CollectAsync(CancellationToken cancellationToken)
    {
        await foreach (var name in _records.IdsAsync(cancellationToken))
        {
            if (await _records.FindAsync(name, cancellationToken) is { } found && time.GetUtcNow() - found.Value.CreatedAt > s_kept)
                await _records.DeleteAsync(name, cancellationToken);
        }
    }

    private async Task<IResult> AnswerAsync<T>(string name, IdempotencyRecord record, Func<string, Task<T>> make)
    {
        string answer;
        try
        {
            answer = JsonSerializer.Serialize(await make(record.Id), ApiJson.Options);
        }
        catch
        {
            await _records.DeleteAsync(name, CancellationToken.None);
            throw;
        }

        await _records.UpdateAsync(name, r => r with { Answer = answer }, CancellationToken.None);
        return Results.Text(answer, "application/json");
    }

    private bool IsAlive(string silo) =>
        silos.GetApproximateSiloStatus(SiloAddress.FromParsableString(silo)) is SiloStatus.Active or SiloStatus.Joining;

    private static ApiException Busy() =>
        new(StatusCodes.Status409Conflict, $"A request with this {Header} is being worked on.", "idempotency_conflict");
}
