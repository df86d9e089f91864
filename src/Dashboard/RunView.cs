namespace LisaOrleans.Dashboard;

/// <summary>A run in the dashboard's list.</summary>
/// <param name="Status">Its last known status.</param>
/// <param name="StepsPerSecond">Over the last few seconds; null if it does not train or the speed is not known.</param>
/// <param name="SecondsLeft">Time until its end at that speed.</param>
/// <param name="Problem">Why its status could not be read.</param>
internal sealed record RunView(RunStatus Status, double? StepsPerSecond, double? SecondsLeft, string? Problem);
