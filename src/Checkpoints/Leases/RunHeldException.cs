using System.Globalization;

namespace LisaOrleans.Checkpoints;

/// <summary>Somebody else works on the run and lives.</summary>
public sealed class RunHeldException : IOException
{
    internal RunHeldException(string run, LeaseDocument lease)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"run '{run}' is being trained by {lease.Holder.Description} since {lease.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z; ")
            + "stop that one first, choose another --run-name, or take the run away from it with --take-over")
    {
    }
}
