namespace LisaOrleans.Dashboard;

/// <summary>A run in the dashboard's list.</summary>
/// <param name="Status">Its status as last heard.</param>
/// <param name="StepsPerSecond">Over the last seconds; null where it does not train or is not known.</param>
/// <param name="SecondsLeft">Until its end at that speed.</param>
/// <param name="Problem">Why its status could not be had.</param>
internal sealed record RunView(RunStatus Status, double? StepsPerSecond, double? SecondsLeft, string? Problem);
