using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Dashboard;

/// <summary>
/// The files that the page is made of. They are embedded in this assembly; the page asks no other host for anything.
/// </summary>
internal static class DashboardFiles
{
    private const string Prefix = "dashboard/";

    // Only our own scripts, styles and answers; no other site may frame this page.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly Dictionary<string, string> s_types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private static readonly Lazy<IReadOnlyDictionary<string, Asset>> s_files = new(Load);

    /// <summary>Their names, with '/' between folders.</summary>
    public static IEnumerable<string> Names => s_files.Value.Keys;

    /// <summary>A file; 404 where there is none of this name.</summary>
    public static IResult Get(string name, HttpResponse response)
    {
        if (!s_files.Value.TryGetValue(name, out var file)) return Results.NotFound();
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";

        // Names have no version, so a browser must check each time whether its copy is current.
        response.Headers.CacheControl = "no-cache";
        return Results.Bytes(file.Content, file.Type, entityTag: file.Tag);
    }

    private static IReadOnlyDictionary<string, Asset> Load()
    {
        var assembly = typeof(DashboardFiles).Assembly;
        return assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(
            n => n[Prefix.Length..],
            n =>
            {
                using var stream = assembly.GetManifestResourceStream(n)!;
                var content = new byte[stream.Length];
                stream.ReadExactly(content);
                return new Asset(
                    content, s_types[Path.GetExtension(n)],
                    new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..12])}\""));
            });
    }

    private sealed record Asset(byte[] Content, string Type, EntityTagHeaderValue Tag);
}
