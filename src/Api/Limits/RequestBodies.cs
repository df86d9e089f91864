using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LisaOrleans.Api;

/// <summary>Deals with the body of a request that is refused.</summary>
internal static class RequestBodies
{
    private const long MostDrained = 64 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Removes the server's own limit, for endpoints that count the bytes themselves.</summary>
    public static void Unlimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
    }

    /// <summary>
    /// Reads the rest of the body, within bounds: a caller that is still sending when the connection is closed never sees the
    /// answer.
    /// </summary>
    public static async Task DrainAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true || context.Request.Headers.Expect.Count > 0) return;
        Unlimit(context);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(s_patience);
        var buffer = new byte[1 << 16];
        try
        {
            for (var drained = 0L; drained < MostDrained;)
            {
                if (await context.Request.Body.ReadAsync(buffer, patience.Token) is not (> 0 and var count)) return;
                drained += count;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The body is broken, too slow, or already read by somebody else. The answer is sent anyway.
        }
    }
}
