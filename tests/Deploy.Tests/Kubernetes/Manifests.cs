using k8s;
using k8s.Models;

namespace LisaOrleans.Deploy.Tests;

/// <summary>The objects of deploy/kubernetes.</summary>
internal static class Manifests
{
    public static IReadOnlyList<string> Files { get; } =
        [.. DeployFiles.All.Where(f => f.StartsWith(Path.Combine("deploy", "kubernetes"), StringComparison.Ordinal))];

    public static IReadOnlyList<object> All { get; } = [.. Files.SelectMany(f => Parse(DeployFiles.Read(f)))];

    public static IReadOnlyList<V1Deployment> Silos { get; } = [.. All.OfType<V1Deployment>()];

    /// <summary>Parses into the client's types; a field that they do not have is an error.</summary>
    public static List<object> Parse(string yaml) => KubernetesYaml.LoadAllFromString(yaml, null, strict: true);
}
