using System.Text.Json;

namespace LisaOrleans.Cli;

/// <summary>
/// Settings of the commands of a cluster from the environment (LISA_CLUSTER_ID and so on), and after that from the section
/// <c>lisa</c> of an appsettings.json in the working folder: <c>{"lisa": {"cluster_id": "…"}}</c>.
/// </summary>
internal static class SettingsEnvironment
{
    public const string FileName = "appsettings.json";
    private const string Section = "lisa";

    // Not in the tables: read where the secret is needed.
    public const string SecretVariable = "LISA_CLUSTER_SECRET";

    /// <summary>The password of a certificate's key.</summary>
    public const string TlsPasswordVariable = "LISA_CLUSTER_TLS_PASSWORD";

    public static string Variable(Setting setting) => Variable(setting.Key);

    public static void Read(IReadOnlyList<Setting> known, SettingValues values)
    {
        var (variables, fields) = (new GivenNames<Setting>(), new GivenNames<Setting>());
        foreach (var setting in known)
        {
            foreach (var variable in setting.Aliases.Prepend(setting.Key).Select(Variable))
            {
                if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } value) continue;
                if (variables.Add(setting, variable) is { } twice) throw new UsageException($"{variable} {twice}");
                values.Add(SettingSource.Environment, setting, value, variable, variable, Environment.CurrentDirectory);
            }
        }

        var path = Path.Combine(Environment.CurrentDirectory, FileName);
        if (!File.Exists(path)) return;
        try
        {
            // As .NET reads such files: comments, trailing commas, a byte order mark, and names in any case.
            using var document = JsonDocument.Parse(
                File.ReadAllText(path),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return;
            var section = document.RootElement.EnumerateObject()
                .FirstOrDefault(p => p.Name.Equals(Section, StringComparison.OrdinalIgnoreCase)).Value;
            if (section.ValueKind == JsonValueKind.Undefined) return;
            if (section.ValueKind != JsonValueKind.Object) throw new UsageException($"{path}: field '{Section}' must be an object");
            foreach (var field in section.EnumerateObject())
            {
                // One file serves several commands; what none of them knows is a mistake.
                Setting[] all = [.. KnownSettings.Silo, .. KnownSettings.Submit];
                var place = $"{path}: {Section}.{field.Name}";
                var named = all.FirstOrDefault(s => s.IsNamed(field.Name)) ?? throw new UsageException(
                    $"{path}: field '{Section}.{field.Name}' is unknown; {SettingNames.Advice(field.Name, all, s => s.Key)}");
                if (fields.Add(named, field.Name) is { } twice) throw new UsageException($"{place} {twice}");
                if (known.FirstOrDefault(s => s.IsNamed(field.Name)) is not { } setting) continue;
                if (Text(field.Value, setting, place) is { } text)
                    values.Add(SettingSource.AppSettings, setting, text, place, field.Name, Environment.CurrentDirectory);
            }
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path}: {JsonFault.Describe(e)}");
        }
    }

    private static string Variable(string key) => "LISA_" + key.ToUpperInvariant();

    // Null where the field says nothing.
    private static string? Text(JsonElement value, Setting setting, string place) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Array when setting.IsList && value.EnumerateArray().All(IsScalar) =>
            SettingsFile.Join(value.EnumerateArray().Select(Scalar), place),
        _ when IsScalar(value) => Scalar(value),
        _ => throw new UsageException($"{place}: must be {(setting.IsList ? "a value or a list of values" : "one value")}"),
    };

    private static bool IsScalar(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    private static string Scalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
