namespace LisaOrleans.Dashboard;

/// <summary>A run in the dashboard's list.</summary>
/// <param name="Status">Its last known status.</param>
/// <param name="Problem">Why its status could not be read.</param>
internal sealed record RunView(RunStatus Status, string? Problem)
{
    /// <value>By the pace that its terminal shows, too; null if it does not train or the pace is not known.</value>
    public double? StepsPerSecond => 1 / Pace;

    /// <value>Time until its end at that pace.</value>
    public double? SecondsLeft => Pace * (Status.TotalSteps - Status.Step);

    private double? Pace => Problem is null && Status is { State: RunState.Running, SecondsPerStep: > 0 and var pace } ? pace : null;
}
