namespace LisaOrleans.Tests;

/// <summary>Where this repository is checked out: the nearest folder above the test binary that holds the solution.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LisaOrleans.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException(
            $"LisaOrleans.sln not found above {AppContext.BaseDirectory}: run the tests from a checkout");
    }
}
