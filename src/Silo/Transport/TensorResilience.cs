using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace LisaOrleans.Silo;

/// <summary>
/// How claims to one other silo are repeated: a few times, with growing pauses and jitter, a limit for each try, and a circuit
/// breaker that all claims to that silo share. All of this takes less than a second if the silo refuses connections: then it
/// has died, and the run should continue without it. A silo that was silent for the stall time is not asked again.
/// </summary>
internal static class TensorResilience
{
    public static ResiliencePipeline Create(TensorTransportOptions options, TimeProvider time, Action<Exception> repeated) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder()
                    .Handle<TensorTransportException>(e => e.Fault == TensorFault.Broken).Handle<BrokenCircuitException>(),
                MaxRetryAttempts = options.Retries,
                Delay = options.FirstDelay,
                MaxDelay = options.LongestDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                OnRetry = retry =>
                {
                    if (retry.Outcome.Exception is { } e) repeated(e);
                    return default;
                },
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder()
                    .Handle<TensorTransportException>(e => e.Fault != TensorFault.Refused).Handle<TimeoutRejectedException>(),
                FailureRatio = 0.9,
                MinimumThroughput = 8,
                SamplingDuration = TimeSpan.FromSeconds(5),
                BreakDuration = TimeSpan.FromMilliseconds(500),
            })
            .AddTimeout(options.TryTimeout)
            .Build();
}
