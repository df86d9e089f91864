using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace LisaOrleans.Cli;

/// <summary>Downloads a file into the cache: continues where an earlier attempt stopped, and keeps the file only if its hash is right.</summary>
/// <param name="client">The hub.</param>
/// <param name="cache">The model's cache.</param>
internal sealed class HubDownload(HubClient client, HubCache cache)
{
    private const int Tries = 5;
    private const int Mebi = 20;
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Does it, unless the blob is there.</summary>
    /// <exception cref="HubException">The hub breaks off again and again, or its bytes are not those of the hash.</exception>
    public async Task FetchAsync(HubModelId model, string commit, HubFile file, CancellationToken cancellationToken)
    {
        var blob = cache.Blob(file.Hash);
        if (File.Exists(blob)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        var partial = blob + ".incomplete";
        await using (var target = Open(partial))
        {
            using var progress = new ProgressLine($"{file.Name} (MiB)", Math.Max(1, file.Size >> Mebi), quiet: false);
            for (var tries = 1; target.Length != file.Size; tries++)
            {
                // Something longer than the file cannot be its beginning.
                if (target.Length > file.Size) target.SetLength(0);
                if (await AppendAsync(model, commit, file, target, progress, cancellationToken) is not { } problem) continue;
                if (tries == Tries) throw new HubException($"{file.Name} of {model} breaks off: {problem}; the same command goes on where it ended");
                await Task.Delay(s_pause * tries, cancellationToken);
            }

            if (await HashAsync(target, file, cancellationToken) != file.Hash)
            {
                target.SetLength(0);
                throw new HubException($"{file.Name} of {model} came with other bytes than its hash {file.Hash} says, and was thrown away");
            }

            target.Flush(flushToDisk: true);
        }

        File.Move(partial, blob);
    }

    private static FileStream Open(string partial)
    {
        try
        {
            return new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.Asynchronous);
        }
        catch (IOException e)
        {
            throw new HubException($"{partial} cannot be written; another process may be fetching it: {e.Message}");
        }
    }

    // Null if all went well; otherwise what went wrong.
    private async Task<string?> AppendAsync(
        HubModelId model, string commit, HubFile file, FileStream target, ProgressLine progress, CancellationToken cancellationToken)
    {
        var from = target.Length;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using var answer = await client.ReadAsync(model, commit, file.Name, from, cancellationToken);
            return await AppendAsync(answer, from);
        }
        catch (HubException e) when (e.IsPassing)
        {
            return e.Message;
        }
        catch (Exception e) when (e is IOException or HttpRequestException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return e.Message;
        }

        async Task<string?> AppendAsync(HttpResponseMessage answer, long from)
        {
            if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                target.SetLength(0);
                return "the hub does not go on from there";
            }

            if (answer.StatusCode != HttpStatusCode.PartialContent || answer.Content.Headers.ContentRange?.From != from) from = 0;
            target.SetLength(from);
            target.Position = from;
            await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[1 << 20];
            while (true)
            {
                silence.CancelAfter(s_silence);
                var count = await content.ReadAsync(buffer, silence.Token);
                if (count == 0) return target.Length == file.Size ? null : $"{target.Length} of {file.Size} bytes came";
                if (target.Length + count > file.Size)
                    throw new HubException($"{file.Name} of {model} is longer than the {file.Size} bytes that the hub states");
                await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                progress.Report(target.Length >> Mebi);
            }
        }
    }

    // Git's SHA-1 is over a line with the length, too.
    private static async Task<string> HashAsync(FileStream content, HubFile file, CancellationToken cancellationToken)
    {
        var isGit = file.Hash.Length == 40;
        using var hash = IncrementalHash.CreateHash(isGit ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (isGit) hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        content.Position = 0;
        var buffer = new byte[1 << 20];
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var count) hash.AppendData(buffer, 0, count);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
