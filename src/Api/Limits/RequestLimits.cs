using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Api;

/// <summary>
/// Limits the requests per minute for each key, and for each address that shows no key, on this silo: a bucket that fills
/// evenly. Health probes do not count.
/// </summary>
internal static class RequestLimits
{
    private const int SecondsPerMinute = 60;

    public static void AddLisaRequestLimits(this IServiceCollection services, int requestsPerMinute) => services.AddRateLimiter(limiter =>
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => context.Request.Path.StartsWithSegments("/health")
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetTokenBucketLimiter(Caller(context), _ => Bucket(requestsPerMinute)));
        limiter.OnRejected = RejectAsync;
    });

    private static TokenBucketRateLimiterOptions Bucket(int requestsPerMinute)
    {
        // Refilled once a second if that adds a whole number of requests, else at an interval that does.
        var perSecond = Math.Max(1, requestsPerMinute / SecondsPerMinute);
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = requestsPerMinute,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)SecondsPerMinute * perSecond / requestsPerMinute),
            AutoReplenishment = true,
        };
    }

    private static string Caller(HttpContext context) => context.User.FindFirstValue(ClaimTypes.Name) is { } key
        ? "key " + key
        : $"address {context.Connection.RemoteIpAddress}";

    private static async ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellationToken)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, Math.Ceiling(after.TotalSeconds)) : 1;
        rejected.HttpContext.Response.Headers[HeaderNames.RetryAfter] = wait.ToString(CultureInfo.InvariantCulture);
        await ApiError.WriteAsync(
            rejected.HttpContext, StatusCodes.Status429TooManyRequests,
            $"Rate limit reached for this key. Try again in {wait.ToString(CultureInfo.InvariantCulture)} s.", "rate_limit_exceeded");
    }
}
