namespace LisaOrleans.Cli.Tests;

/// <summary>The built program with one of its projects changed, as somebody who adds to it would change it.</summary>
internal static class OwnProgram
{
    // Larger files are linked: they are the native ones.
    private const long LargestCopy = 30 << 20;

    /// <summary>
    /// Copies a project that references no other, and sources that several compile in; changes and builds it, and puts it into a copy of
    /// the program.
    /// </summary>
    /// <param name="folder">Where all this lies.</param>
    /// <param name="project">The project's folder in src.</param>
    /// <param name="change">Changes the copy, whose folder it is given.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The program.</returns>
    public static async Task<string> BuildAsync(TempFolder folder, string project, Func<string, Task> change, CancellationToken cancellationToken)
    {
        var copy = folder["lisa"];
        foreach (var file in Directory.GetFiles(Repository.Root))
            if (Path.GetExtension(file) is ".props" or ".targets" or ".json" or ".config" or ".editorconfig")
                Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        foreach (var source in (string[])["eng", "src/Shared", $"src/{project}"])
            foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, source), "*", SearchOption.AllDirectories))
                Copy(file, Path.Combine(copy, Path.GetRelativePath(Repository.Root, file)));
        await change(Path.Combine(copy, "src", project));

        var (name, original) = ($"LisaOrleans.{project}", Path.GetDirectoryName(Lisa.Program)!);
        await DotNetCommand.SucceedsAsync(
            copy, ["build", "-nologo", "-v", "q", "--configuration", Path.GetFileName(original), $"src/{project}/{name}.csproj"], cancellationToken);
        var built = Directory.GetFiles(Path.Combine(copy, "artifacts", "bin"), $"{name}.dll", SearchOption.AllDirectories).Single();
        foreach (var file in Directory.GetFiles(original, "*", SearchOption.AllDirectories))
        {
            var target = folder[Path.Combine("program", Path.GetRelativePath(original, file))];
            Copy(Path.GetFileName(file) == Path.GetFileName(built) ? built : file, target);
        }

        return folder[Path.Combine("program", Path.GetFileName(Lisa.Program))];
    }

    /// <summary>Changes one place of a file.</summary>
    public static async Task ReplaceAsync(string file, string from, string to, CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(file, cancellationToken);
        Assert.Equal(2, text.Split(from).Length);
        await File.WriteAllTextAsync(file, text.Replace(from, to, StringComparison.Ordinal), cancellationToken);
    }

    /// <summary>Runs the program to its end, which must be a good one.</summary>
    public static async Task<string> SucceedsAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = new LisaProcess(program, arguments);
        var end = await process.EndAsync(cancellationToken);
        Assert.True(end.ExitCode == 0, end.Error);
        return end.Output;
    }

    /// <summary>Runs it to its end, at which it must refuse what was asked for.</summary>
    public static async Task<string> RefusesAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = new LisaProcess(program, arguments);
        var end = await process.EndAsync(cancellationToken);
        Assert.Equal(2, end.ExitCode);
        return end.Error;
    }

    private static void Copy(string file, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (new FileInfo(file).Length > LargestCopy) File.CreateSymbolicLink(target, file);
        else File.Copy(file, target);
    }
}
