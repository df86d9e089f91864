using System.Text.Json;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary><c>lisa doctor</c>: looks at what training needs, and says what to do about each thing that is wrong.</summary>
internal static class DoctorCommand
{
    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        ClusterMembership.Check(values);
        var json = values.Text(KnownSettings.LogFormat) == "json";
        var worst = Verdict.Ok;
        await foreach (var check in Checks(values, cancellationToken))
        {
            if (check.Verdict > worst) worst = check.Verdict;
            if (json)
            {
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new { subject = check.Subject, verdict = Word(check.Verdict), finding = check.Finding, remedy = check.Remedy }));
            }
            else Show(check);
        }

        return worst == Verdict.Fault ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static async IAsyncEnumerable<Check> Checks(
        SettingValues values, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var check in MachineChecks.Run()) yield return check;
        var store = values.Has(KnownSettings.ClusterStore) ? await StoreCheck.Run(values, cancellationToken) : null;
        if (store is not null) yield return store;
        var members = values.Has(KnownSettings.Redis) ? await RedisCheck.Run(values, cancellationToken)
            : values.Has(KnownSettings.AzureTables) ? await TablesCheck.Run(values, cancellationToken)
            : null;
        if (members is not null) yield return members;
        if (store is { Verdict: not Verdict.Fault } && members is { Verdict: not Verdict.Fault }
            && await ClusterStoreCheck.Run(values, cancellationToken) is { } shared) yield return shared;
        if (TlsCheck.Run(values) is { } tls) yield return tls;
        if (KeysCheck.Run(values) is { } keys) yield return keys;
        foreach (var check in PortChecks.Run(values)) yield return check;
    }

    private static void Show(Check check)
    {
        var colour = check.Verdict switch { Verdict.Ok => "green", Verdict.Warning => "yellow", _ => "red" };
        AnsiConsole.Markup($"[{colour}]{Word(check.Verdict),-7}[/]");

        // Without Spectre.Console, which would break lines that people want to copy.
        Console.WriteLine($"  {check.Subject,-10} {check.Finding}");
        if (check.Remedy is { } remedy) Console.WriteLine($"{"",-20}{remedy}");
    }

    private static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();
}
