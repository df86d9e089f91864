using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace LisaOrleans.Deploy.Tests;

/// <summary>The parts of deploy/compose/docker-compose.yaml that a container engine would act on.</summary>
internal sealed record ComposeFile
{
    public required IReadOnlyDictionary<string, ComposeService> Services { get; init; }

    /// <summary>The file of each secret, by the secret's name.</summary>
    public required IReadOnlyDictionary<string, string> Secrets { get; init; }

    public static ComposeFile Read()
    {
        using var reader = new StringReader(DeployFiles.Read("deploy/compose/docker-compose.yaml"));
        var root = new DeserializerBuilder().WithDuplicateKeyChecking().Build()
            .Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(reader)));
        return new ComposeFile
        {
            Services = Map(root["services"]).ToDictionary(s => (string)s.Key, s => ComposeService.From((string)s.Key, Map(s.Value))),
            Secrets = Map(root["secrets"]).ToDictionary(s => (string)s.Key, s => Path.GetFileName((string)Map(s.Value)["file"])),
        };
    }

    public static Dictionary<object, object> Map(object value) => (Dictionary<object, object>)value;
}
