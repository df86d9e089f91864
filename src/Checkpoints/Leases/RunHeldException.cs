using System.Globalization;

namespace LisaOrleans.Checkpoints;

/// <summary>Somebody else works on the run and lives.</summary>
public sealed class RunHeldException : IOException
{
    internal RunHeldException(string run, LeaseDocument lease, RunHolder asks)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"run '{run}' is being trained by {(asks.IsNamesake(lease.Holder) ? "another " : "")}{lease.Holder.Description} "
            + $"since {lease.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z; ")
            + (asks.IsNamesake(lease.Holder)
                ? "give the silos of this one what those use to find each other (--redis or --azure-tables), or another --cluster-id"
                : "stop that one first, choose another --run-name, or take the run away from it with --take-over"))
    {
    }
}
