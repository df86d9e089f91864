using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Whether Redis answers, and keeps what it is told.</summary>
internal static class RedisCheck
{
    private const string Subject = "redis";

    public static async Task<Check> Run(SettingValues values, CancellationToken cancellationToken)
    {
        try
        {
            var redis = await RedisReport.MakeAsync(
                values.Text(KnownSettings.Redis), values.Text(KnownSettings.ClusterId), ClusterTls.Traits(values), cancellationToken);
            if (redis.Evicts)
            {
                return new Check(
                    Subject, Verdict.Warning,
                    $"{redis.Place}, version {redis.Version}, throws entries away when it is full (maxmemory-policy {redis.Policy})",
                    "Set maxmemory-policy to noeviction: the cluster's membership is among the entries.");
            }

            return redis.Persists
                ? new Check(Subject, Verdict.Ok, $"{redis.Place}, version {redis.Version}")
                : new Check(
                    Subject, Verdict.Warning, $"{redis.Place}, version {redis.Version}, forgets everything at its end",
                    "Silos write their membership anew; with appendonly yes or a save schedule they need not.");
        }
        catch (FormatException e)
        {
            return new Check(Subject, Verdict.Fault, e.Message);
        }
        catch (MembershipUnusableException e)
        {
            return new Check(Subject, Verdict.Fault, e.Message);
        }
    }
}
