namespace LisaOrleans.Cli.Tests;

/// <summary>The built program with a family and a setting of one's own, as somebody who adds them would change it. Built once for both.</summary>
[CollectionDefinition(nameof(OwnProgram))]
public sealed class OwnProgram : ICollectionFixture<OwnProgram>, IAsyncLifetime
{
    // Larger files are linked: they are the native ones.
    private const long LargestCopy = 30 << 20;

    // Projects that reference no other.
    private static readonly Dictionary<string, Func<string, CancellationToken, Task>> s_changes = new()
    {
        ["Model"] = OwnFamilyTests.AddAsync,
        ["Abstractions"] = OwnSettingTests.AddAsync,
    };

    private readonly TempFolder _folder = new();

    private string Program => _folder[Path.Combine("program", Path.GetFileName(Lisa.Program))];

    /// <summary>Changes one place of a file.</summary>
    public static async Task ReplaceAsync(string file, string from, string to, CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(file, cancellationToken);
        Assert.Equal(2, text.Split(from).Length);
        await File.WriteAllTextAsync(file, text.Replace(from, to, StringComparison.Ordinal), cancellationToken);
    }

    /// <summary>
    /// Copies the projects, and sources that several compile in; changes and builds them, and puts them into a copy of the program.
    /// </summary>
    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var copy = _folder["lisa"];
        foreach (var file in Directory.GetFiles(Repository.Root))
            if (Path.GetExtension(file) is ".props" or ".targets" or ".json" or ".config" or ".editorconfig")
                Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        foreach (var source in s_changes.Keys.Select(p => $"src/{p}").Concat(["eng", "src/Shared"]))
            foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, source), "*", SearchOption.AllDirectories))
                Copy(file, Path.Combine(copy, Path.GetRelativePath(Repository.Root, file)));
        foreach (var (project, change) in s_changes) await change(Path.Combine(copy, "src", project), cancellationToken);

        var original = Path.GetDirectoryName(Lisa.Program)!;
        var solution = string.Concat(s_changes.Keys.Select(p => $"<Project Path=\"src/{p}/LisaOrleans.{p}.csproj\" />"));
        await File.WriteAllTextAsync(Path.Combine(copy, "own.slnx"), $"<Solution>{solution}</Solution>", cancellationToken);
        await DotNetCommand.SucceedsAsync(
            copy, ["build", "-nologo", "-v", "q", "--configuration", Path.GetFileName(original), "own.slnx"], cancellationToken);
        var built = s_changes.Keys.ToDictionary(
            p => $"LisaOrleans.{p}.dll",
            p => Directory.GetFiles(Path.Combine(copy, "artifacts", "bin"), $"LisaOrleans.{p}.dll", SearchOption.AllDirectories).Single());
        foreach (var file in Directory.GetFiles(original, "*", SearchOption.AllDirectories))
        {
            var target = _folder[Path.Combine("program", Path.GetRelativePath(original, file))];
            Copy(built.GetValueOrDefault(Path.GetFileName(file), file), target);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs the program to its end, which must be a good one.</summary>
    public async Task<string> SucceedsAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Start(arguments);
        var end = await process.EndAsync(cancellationToken);
        Assert.True(end.ExitCode == 0, end.Error);
        return end.Output;
    }

    /// <summary>Runs it to its end, at which it must refuse what was asked for.</summary>
    public async Task<string> RefusesAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Start(arguments);
        var end = await process.EndAsync(cancellationToken);
        Assert.Equal(2, end.ExitCode);
        return end.Error;
    }

    internal LisaProcess Start(IEnumerable<string> arguments) => new(Program, arguments);

    private static void Copy(string file, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (new FileInfo(file).Length > LargestCopy) File.CreateSymbolicLink(target, file);
        else File.Copy(file, target);
    }
}
