using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <content>
/// How requests end is written down as soon as the store takes it: while it does not, other silos believe that this one is still at work.
/// </content>
internal sealed partial class Idempotency
{
    private const int MostUnwritten = 10_000;
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> _unwritten = new();
    private readonly SemaphoreSlim _writing = new(1);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _writing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_retry, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var name in _unwritten.Keys)
            {
                await _writing.WaitAsync(stoppingToken);
                try
                {
                    // The same request, sent again meanwhile, ends in its own way, or has.
                    if (_atWork.ContainsKey(name) || !_unwritten.TryGetValue(name, out var write)) continue;
                    await write(stoppingToken);
                    _unwritten.TryRemove(name, out _);
                }
                catch (InvalidDataFileException e)
                {
                    // Nobody will be able to read it, and the others must not wait for it.
                    LogUnwritten(e);
                    _unwritten.TryRemove(name, out _);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    LogUnwritten(e);
                    break;
                }
                finally
                {
                    _writing.Release();
                }
            }
        }
    }

    // Once a request is at work, the end of the one before it is not written any more.
    private async Task PassWriterAsync(string name, CancellationToken cancellationToken)
    {
        if (!_unwritten.ContainsKey(name)) return;
        await _writing.WaitAsync(cancellationToken);
        _writing.Release();
    }

    // What the request has done, or why it could not, is its answer in any case.
    private async Task EndAsync(string name, Func<CancellationToken, Task> write)
    {
        try
        {
            await write(CancellationToken.None);
            _unwritten.TryRemove(name, out _);
        }
        catch (Exception e)
        {
            LogUnwritten(e);
            if (_unwritten.Count < MostUnwritten || _unwritten.ContainsKey(name)) _unwritten[name] = write;
            else LogForgotten(MostUnwritten);
        }
    }

    // A claim whose write failed may be there all the same.
    private async Task<bool> OrLetGoAsync(string name, Task<bool> claiming)
    {
        try
        {
            return await claiming;
        }
        catch
        {
            var self = silos.SiloAddress.ToParsableString();
            await EndAsync(
                name, token => _records.UpdateAsync(name, r => r.Answer is null && r.Silo == self ? r with { Silo = Nobody } : null, token));
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "How a request with an Idempotency-Key ended cannot be stored now")]
    private partial void LogUnwritten(Exception exception);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "How {Count} requests with an Idempotency-Key ended waits to be stored; of another, only this silo will answer a repetition")]
    private partial void LogForgotten(int count);
}
