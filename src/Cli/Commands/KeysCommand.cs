using LisaOrleans.Api;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary><c>lisa keys new</c>: makes a key of the HTTP API.</summary>
internal static class KeysCommand
{
    public static Task<int> New(SettingValues values, string? name, CancellationToken cancellationToken)
    {
        try
        {
            RunName.Validate(name!);
        }
        catch (ArgumentException)
        {
            throw new UsageException($"NAME: '{name}' must be letters, digits, '.', '_' and '-' only, not beginning with '.'");
        }

        var (secret, key) = ApiKey.Create(name!, values.Text(KnownSettings.Scope));
        if (values.OptionalPath(KnownSettings.ApiKeyFile) is { } path)
            Append(NamedFile.Writable(path, values.Place(KnownSettings.ApiKeyFile.Key)), key);
        Console.WriteLine(secret);
        Console.WriteLine(key.ToLine());
        Console.Error.WriteLine("The first line is the key, which is shown only now; the second is its line in the file of keys.");
        return Task.FromResult(ExitCodes.Done);
    }

    private static void Append(string path, ApiKey key)
    {
        var before = File.Exists(path) ? File.ReadAllText(NamedFile.Existing(path, $"--{KnownSettings.ApiKeyFile.Flag}")) : "";
        if (before.Length > 0 && ApiKeys.ReadFile(path).Has(key.Name))
            throw new UsageException($"--{KnownSettings.ApiKeyFile.Flag}: {path} has a key '{key.Name}' already; delete its line first");
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, options);
        if (before.Length > 0 && !before.EndsWith('\n')) file.WriteLine();
        file.WriteLine(key.ToLine());
    }
}
