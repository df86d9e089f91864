namespace LisaOrleans.Deploy.Tests;

/// <summary>A service of a compose file. Text is as the container would see it: $$ is $.</summary>
/// <param name="Name">Its name, which is its host name too.</param>
/// <param name="Image">What it runs.</param>
/// <param name="Entrypoint">Instead of the image's; empty for the image's own.</param>
/// <param name="Command">The arguments.</param>
/// <param name="Environment">Its variables.</param>
/// <param name="Secrets">Where each secret stands in the container.</param>
/// <param name="Address">Its fixed address, if it has one.</param>
/// <param name="GracePeriod">How long it may take to stop.</param>
/// <param name="Fields">All of it.</param>
internal sealed record ComposeService(
    string Name, string Image, IReadOnlyList<string> Entrypoint, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment,
    IReadOnlyDictionary<string, string> Secrets, string? Address, TimeSpan? GracePeriod, Dictionary<object, object> Fields)
{
    public static ComposeService From(string name, Dictionary<object, object> fields)
    {
        var grace = fields.TryGetValue("stop_grace_period", out var period) ? (string)period : null;
        return new ComposeService(
            name, (string)fields["image"], Words("entrypoint"), Words("command"),
            fields.TryGetValue("environment", out var variables)
                ? ComposeFile.Map(variables).ToDictionary(v => (string)v.Key, v => (string)v.Value)
                : [],
            List("secrets").ToDictionary(
                s => s as string ?? (string)ComposeFile.Map(s)["source"], s =>
                    s is string word ? "/run/secrets/" + word : (string)ComposeFile.Map(s)["target"]),
            fields["networks"] is Dictionary<object, object> networks && networks["cluster"] is Dictionary<object, object> cluster
                ? (string)cluster["ipv4_address"] : null,
            grace is null ? null : TimeSpan.FromSeconds(int.Parse(grace.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture)),
            fields);

        List<object> List(string key) => fields.TryGetValue(key, out var list) ? (List<object>)list : [];

        IReadOnlyList<string> Words(string key) => [.. List(key).Select(w => ((string)w).Replace("$$", "$", StringComparison.Ordinal))];
    }
}
