using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>Claims of several tensors.</summary>
internal static class TensorExchangeExtensions
{
    // A link is not idle between a tensor and the next, and those of one claimant leave connections for others.
    private const int AtOneTime = 2;

    /// <summary>The tensors of tickets, on this silo's device, claimed in their order; the caller owns them.</summary>
    /// <exception cref="IOException">The holder of one is gone, or does not have it any more. Then those that came are freed.</exception>
    public static async Task<IReadOnlyList<Tensor>> ClaimAll(
        this ITensorExchange exchange, IReadOnlyList<TensorTicket> tickets, CancellationToken cancellationToken)
    {
        var claims = new List<Task<Tensor>>();
        try
        {
            foreach (var ticket in tickets)
            {
                if (claims.Count >= AtOneTime) await claims[^AtOneTime];
                claims.Add(exchange.Claim(ticket, cancellationToken).AsTask());
            }

            return await Task.WhenAll(claims);
        }
        catch
        {
            foreach (var claim in claims)
            {
                await ((Task)claim).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (claim.IsCompletedSuccessfully) (await claim).Dispose();
            }

            throw;
        }
    }
}
