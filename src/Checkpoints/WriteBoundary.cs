namespace LisaOrleans.Checkpoints;

/// <summary>
/// The moments between two changes of the disk, at which a process may die. Tests stop here, at each in turn, and look at
/// what is left.
/// </summary>
internal static class WriteBoundary
{
    private static readonly AsyncLocal<Action<string, string>?> s_observer = new();

    /// <summary>Called at every boundary of the current flow of calls.</summary>
    public static Action<string, string>? Observer
    {
        get => s_observer.Value;
        set => s_observer.Value = value;
    }

    public static void Reached(string boundary, string path) => s_observer.Value?.Invoke(boundary, path);
}
