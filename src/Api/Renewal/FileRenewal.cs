using System.Security.Cryptography;
using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>Puts keys and certificates that were replaced on disk into use a moment later, without a restart.</summary>
internal sealed partial class FileRenewal(ApiServerOptions options, TimeProvider time, ILogger<FileRenewal> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IRenewed[] all = [.. new IRenewed?[] { options.Keys, options.Certificate }.OfType<IRenewed>().Where(r => r.Files is not null)];
        if (all.Length == 0) return;
        using var timer = new PeriodicTimer(s_period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            foreach (var renewed in all) Look(renewed);
    }

    internal void Look(IRenewed renewed)
    {
        // Whoever writes a file empties it first, so it counts once it has stayed the same for a while.
        if (!renewed.Files!.HaveSettled()) return;
        var files = renewed.Files.Names;
        try
        {
            renewed.ReadAgain();
            renewed.Files.Use();
            LogRenewed(files);
        }
        catch (Exception e) when (e is InvalidDataFileException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            if (!renewed.Files.Refuse()) return;
            LogKept(files, e.Message);
            options.Tell?.Invoke($"{files}: cannot be used, so what was read before holds: {e.Message}");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Files}: read again")]
    private partial void LogRenewed(string files);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Files}: cannot be used, so what was read before holds: {Problem}")]
    private partial void LogKept(string files, string problem);
}
