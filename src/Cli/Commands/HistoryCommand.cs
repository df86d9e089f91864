using System.Globalization;
using System.Text.Json;
using LisaOrleans.Training;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary><c>lisa history RUN</c>: the manifests that a run keeps, and what each takes up.</summary>
internal static class HistoryCommand
{
    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        var history = await KeptHistory.ReadAsync(store, run!, cancellationToken);
        if (values.Text(KnownSettings.LogFormat) == "json") Console.WriteLine(JsonSerializer.Serialize(history.Select(ToJson)));
        else Show(history);
        return ExitCodes.Done;
    }

    private static object ToJson(KeptState state) => new
    {
        step = state.Step,
        loss = state.Loss,
        eval_loss = state.EvalLoss,
        best = state.IsBest,
        last = state.IsLast,
        manifest = state.Manifest.Sha256,
        new_bytes = state.NewBytes,
        bytes = state.Bytes,
        shared_bytes = state.SharedBytes,
    };

    private static void Show(IReadOnlyList<KeptState> history)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in (string[])["step", "loss", "eval loss", "new MB", "MB in all", "shared MB"])
            table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("");
        foreach (var s in history)
        {
            string[] marks = [.. s.IsBest ? (string[])["best"] : [], .. s.IsLast ? (string[])["last"] : []];
            table.AddRow(
                s.Step.ToString(CultureInfo.InvariantCulture), Digits(s.Loss), Digits(s.EvalLoss), Megabytes(s.NewBytes), Megabytes(s.Bytes),
                Megabytes(s.SharedBytes), string.Join(", ", marks));
        }

        AnsiConsole.Write(table);
        Console.WriteLine(RunText.Manifests(history.Count, history.Sum(s => s.NewBytes)));
    }

    private static string Digits(double? loss) => loss?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "";

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.000", CultureInfo.InvariantCulture);
}
