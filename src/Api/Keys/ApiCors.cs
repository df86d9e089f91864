using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Api;

/// <summary>
/// Which other sites' pages a browser lets use the server. They need a key like everybody else; cookies are never accepted from
/// them.
/// </summary>
public static class ApiCors
{
    private static readonly TimeSpan s_preflightAge = TimeSpan.FromMinutes(10);

    /// <summary>An origin as browsers write it; null if the text is not an origin.</summary>
    public static string? ParseOrigin(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0) return null;
        if (uri.UserInfo.Length > 0 || uri.PathAndQuery != "/" || uri.Fragment.Length > 0 || text.EndsWith('/')) return null;
        if (text.Contains('*', StringComparison.Ordinal)) return null;
        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        return $"{uri.Scheme}://{host}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}";
    }

    internal static void AddLisaCors(this IServiceCollection services, IReadOnlyList<string> origins) => services.AddCors(cors =>
        cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. origins])
            .WithMethods(HttpMethod.Get.Method, HttpMethod.Post.Method, HttpMethod.Delete.Method)
            .AllowAnyHeader()
            .WithExposedHeaders(HeaderNames.RetryAfter, HeaderNames.ContentDisposition, Idempotency.ReplayedHeader)
            .SetPreflightMaxAge(s_preflightAge)));
}
