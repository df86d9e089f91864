namespace LisaOrleans.Cluster;

/// <summary>Finds the programs that a cluster is made of.</summary>
internal static class Executables
{
    public static string? Redis => Find("redis-server");

    /// <summary>The command line that was built beside this program.</summary>
    public static string Lisa { get; } = FindLisa();

    /// <summary>The sample service, built for the tests that run it.</summary>
    public static string SampleService => FindBuilt("LisaOrleans.Samples.Service", "LisaOrleans.Samples.Service", "samples/service");

    public static string Repository { get; } = FindRepository();

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string FindLisa() => FindBuilt("LisaOrleans.Cli", "lisa", "src/Cli");

    private static string FindBuilt(string project, string name, string source)
    {
        var path = Path.Combine(FindRepository(), "artifacts", "bin", project, "release", name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path}: build {source} in Release first");
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "LisaOrleans.sln"))) return folder.FullName;
        throw new InvalidOperationException("run from a checkout");
    }
}
