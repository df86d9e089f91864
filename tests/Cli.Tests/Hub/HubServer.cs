using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// A hub with one model: small files by Git's hash, weights by SHA-256 and by way of another host, ranges, a token that it asks
/// for. It can break off, and send other bytes than it announces.
/// </summary>
internal sealed class HubServer : IAsyncDisposable
{
    public const string Model = "some-org/tiny-stories";
    public const string Token = "hf_token-that-nobody-may-see";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly WebApplication _app;

    private HubServer(WebApplication app, Dictionary<string, byte[]> files, int chunk) =>
        (_app, Files, Uploads) = (app, files, new HubUploads(chunk));

    /// <summary>What is brought.</summary>
    public HubUploads Uploads { get; }

    public Dictionary<string, byte[]> Files { get; }

    /// <summary>What was asked for: path, Authorization, Range.</summary>
    public ConcurrentQueue<(string Path, string? Authorization, string? Range)> Requests { get; } = new();

    /// <summary>After so many bytes of weights the next answer breaks off; null for never.</summary>
    public int? BreakAfter { get; set; }

    /// <summary>Whether weights come with a wrong byte.</summary>
    public bool Damages { get; set; }

    public string Address { get; private set; } = "";

    /// <summary>Starts one with the files of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="chunk">Bytes of the parts in which it takes large files; 0 for whole ones.</param>
    public static async Task<HubServer> StartAsync(string folder, int chunk = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new HubServer(app, Directory.GetFiles(folder).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes), chunk);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return server;
    }

    public static string Hash(string name, byte[] content) => IsLarge(name)
        ? Convert.ToHexStringLower(SHA256.HashData(content))
        : Convert.ToHexStringLower(
            SHA1.HashData([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static bool IsLarge(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal);

    private string OtherHost => Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Method is not ("POST" or "PUT")) await ReadAsync(context);
        else if (context.Request.Method == "POST" && context.Request.Headers.Authorization != $"Bearer {Token}") await Status(context, 401);
        else await (await Uploads.AnswerAsync(context.Request, OtherHost) ?? Results.NotFound()).ExecuteAsync(context);
    }

    private Task ReadAsync(HttpContext context)
    {
        var (path, request) = (context.Request.Path.Value!, context.Request);
        Requests.Enqueue((path, request.Headers.Authorization.FirstOrDefault(), request.Headers.Range.FirstOrDefault()));
        const string Lfs = "/large/";
        if (path.StartsWith(Lfs, StringComparison.Ordinal)) return SendAsync(context, path[Lfs.Length..]);
        if (request.Headers.Authorization != $"Bearer {Token}") return Status(context, 401);
        if (path is $"/api/models/{Model}" or $"/api/models/{Model}/revision/main")
            return context.Response.WriteAsJsonAsync(new { sha = Commit, siblings = Files.Keys.Select(rfilename => new { rfilename }) });

        var resolve = $"/{Model}/resolve/{Commit}/";
        if (!path.StartsWith(resolve, StringComparison.Ordinal) || !Files.TryGetValue(path[resolve.Length..], out var content))
            return Status(context, 404);
        var name = path[resolve.Length..];
        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (!IsLarge(name))
        {
            context.Response.Headers.ETag = $"\"{Hash(name, content)}\"";
            return SendAsync(context, name);
        }

        context.Response.Headers["X-Linked-ETag"] = $"\"{Hash(name, content)}\"";
        context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.Location = $"{OtherHost}{Lfs}{name}";
        return Status(context, 302);
    }

    private async Task SendAsync(HttpContext context, string name)
    {
        var content = Files[name];
        if (Damages && IsLarge(name)) content = [.. content[..^1], (byte)~content[^1]];
        var from = 0;
        if (context.Request.Headers.Range.FirstOrDefault() is { } range)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        context.Response.ContentLength = content.Length - from;
        if (context.Request.Method == "HEAD") return;
        if (IsLarge(name) && BreakAfter is { } some)
        {
            BreakAfter = null;
            await context.Response.Body.WriteAsync(content.AsMemory(from, some));
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(content.AsMemory(from));
    }

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
