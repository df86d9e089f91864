using System.Globalization;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using LisaOrleans.Cli;

namespace LisaOrleans.Deploy.Tests;

public sealed class ManifestTests
{
    // ShutdownTimeout is the drain timeout plus this many seconds.
    private const double Stopping = 10;

    public static TheoryData<string> Files => [.. Manifests.Files];

    public static TheoryData<string> Silos => [.. Manifests.Silos.Select(s => s.Metadata.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Manifests_have_only_fields_that_exist(string file)
    {
        var objects = Manifests.Parse(DeployFiles.Read(file));
        Assert.Equal(Regex.Count(DeployFiles.Read(file), "^kind: ", RegexOptions.Multiline), objects.Count);
        foreach (var item in objects.Cast<IKubernetesObject<V1ObjectMeta>>())
            Assert.Equal("lisa", item is V1Namespace ? item.Metadata.Name : item.Metadata.NamespaceProperty);
    }

    [Theory]
    [InlineData("terminationGracePeriodSeconds: 45", "terminationGraceSeconds: 45")]
    [InlineData("runAsNonRoot: true", "runAsNonroot: true")]
    [InlineData("httpGet: { path: /health/ready, port: http }", "httpGet: { paht: /health/ready, port: http }")]
    [InlineData("replicas: 3", "replicas: three")]
    public void Parse_wrong_field_or_value_throws(string right, string wrong)
    {
        var text = DeployFiles.Read("deploy/kubernetes/40-gpu.yaml");
        Assert.Contains(right, text, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => Manifests.Parse(text.Replace(right, wrong, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Silos))]
    public void Deployment_silo_has_a_valid_command_and_time_to_drain(string name)
    {
        var pod = Silo(name).Spec.Template.Spec;
        var container = Assert.Single(pod.Containers);
        Assert.Empty(OptionChecker.WrongCalls("lisa " + string.Join(' ', container.Args)));
        Assert.All(container.Env, e => Assert.True(LisaCommands.SiloReads(e.Name), e.Name));
        Assert.Equal(
            "status.podIP", container.Env.Single(e => e.Name == SettingsEnvironment.Variable(KnownSettings.Host)).ValueFrom.FieldRef.FieldPath);

        var drain = container.Env.FirstOrDefault(e => e.Name == SettingsEnvironment.Variable(KnownSettings.DrainTimeout))?.Value
            ?? KnownSettings.DrainTimeout.Default!;
        Assert.True(
            pod.TerminationGracePeriodSeconds
            > container.Lifecycle.PreStop.Sleep.Seconds + double.Parse(drain, CultureInfo.InvariantCulture) + Stopping);
    }

    [Theory]
    [MemberData(nameof(Silos))]
    public void Deployment_silo_is_probed_at_its_http_port_and_all_its_ports_are_lisas(string name)
    {
        var container = Silo(name).Spec.Template.Spec.Containers[0];
        var ports = container.Ports.ToDictionary(p => p.Name, p => p.ContainerPort.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(KnownSettings.HttpPort.Default, ports["http"]);
        Assert.Equal(KnownSettings.SiloPort.Default, ports["silo"]);
        Assert.Equal(KnownSettings.GatewayPort.Default, ports["gateway"]);
        Assert.Equal(container.Env.Single(e => e.Name == SettingsEnvironment.Variable(KnownSettings.TensorPort)).Value, ports["tensors"]);
        Assert.Equal(("/health/ready", "http"), Probe(container.ReadinessProbe));
        Assert.Equal(("/health/live", "http"), Probe(container.LivenessProbe));
        Assert.Equal(("/health/live", "http"), Probe(container.StartupProbe));

        static (string, string) Probe(V1Probe probe) => (probe.HttpGet.Path, probe.HttpGet.Port.ToString());
    }

    // One of two versions at a time: the first new pod of a rolling update would wait for ever for the old ones to go.
    [Theory]
    [MemberData(nameof(Silos))]
    public void Deployment_silo_of_another_version_comes_when_all_old_ones_are_gone(string name)
    {
        var strategy = Silo(name).Spec.Strategy;
        Assert.Equal("Recreate", strategy.Type);
        Assert.Null(strategy.RollingUpdate);
    }

    [Fact]
    public void Deployment_gpu_silos_need_spot_nodes_and_control_silos_and_redis_others()
    {
        var gpu = Silo("lisa-gpu").Spec.Template.Spec;
        Assert.Equal("1", gpu.Containers[0].Resources.Limits["nvidia.com/gpu"].ToString());
        Assert.Equal(["In", "In"], Terms(gpu).Select(t => Assert.Single(t.MatchExpressions).OperatorProperty));
        foreach (var key in Terms(gpu).Select(t => t.MatchExpressions[0].Key))
            Assert.Contains(gpu.Tolerations, t => t.Key == key && t.Effect == "NoSchedule");

        foreach (var pod in (V1PodSpec[])[Silo("lisa-control").Spec.Template.Spec, Assert.Single(
            Manifests.All.OfType<V1StatefulSet>()).Spec.Template.Spec])
        {
            Assert.Null(pod.Tolerations);
            Assert.Equal(Terms(gpu).Select(t => t.MatchExpressions[0].Key), Assert.Single(Terms(pod)).MatchExpressions.Select(e => e.Key));
            Assert.All(Terms(pod)[0].MatchExpressions, e => Assert.Equal("NotIn", e.OperatorProperty));
        }

        static IList<V1NodeSelectorTerm> Terms(V1PodSpec pod) =>
            pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms;
    }

    [Fact]
    public void Pod_every_one_is_restricted_and_every_selector_finds_one()
    {
        V1PodTemplateSpec[] pods = [
            .. Manifests.Silos.Select(s => s.Spec.Template), .. Manifests.All.OfType<V1StatefulSet>().Select(s => s.Spec.Template)];
        foreach (var pod in pods.Select(p => p.Spec))
        {
            Assert.True(pod.SecurityContext.RunAsNonRoot);
            Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
            Assert.False(pod.AutomountServiceAccountToken);
            Assert.All(pod.Containers, c => Assert.True(c.SecurityContext is { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true }));
            Assert.All(pod.Containers, c => Assert.Equal(["ALL"], c.SecurityContext.Capabilities.Drop));
        }

        IDictionary<string, string>[] selectors =
        [
            .. Manifests.Silos.Select(s => s.Spec.Selector.MatchLabels),
            .. Manifests.All.OfType<V1StatefulSet>().Select(s => s.Spec.Selector.MatchLabels),
            .. Manifests.All.OfType<V1Service>().Select(s => s.Spec.Selector),
            .. Manifests.All.OfType<V1PodDisruptionBudget>().Select(b => b.Spec.Selector.MatchLabels),
            .. Manifests.All.OfType<V1NetworkPolicy>().Select(p => p.Spec.PodSelector.MatchLabels ?? new Dictionary<string, string>()),
        ];
        foreach (var selector in selectors)
            Assert.Contains(pods, p => selector.All(l => p.Metadata.Labels.TryGetValue(l.Key, out var value) && value == l.Value));
    }

    [Fact]
    public void NetworkPolicy_network_is_closed_by_default()
    {
        var closed = Assert.Single(Manifests.All.OfType<V1NetworkPolicy>(), p => p.Metadata.Name == "closed").Spec;
        Assert.Null(closed.PodSelector.MatchLabels);
        Assert.Equal(["Ingress", "Egress"], closed.PolicyTypes);
        Assert.Null(closed.Ingress);
        Assert.Null(closed.Egress);
    }

    // GKE's pods ask a cache on their node, or Cloud DNS, and neither is a pod. Cloud DNS has the address of the metadata service.
    [Fact]
    public void NetworkPolicy_link_local_addresses_are_asked_for_names_only()
    {
        var rules = Manifests.All.OfType<V1NetworkPolicy>().SelectMany(p => p.Spec.Egress ?? []).ToArray();
        var names = Assert.Single(rules, r => r.Ports.Any(p => p.Port.Value == "53"));
        Assert.Equal([("53", "TCP"), ("53", "UDP")], names.Ports.Select(p => (p.Port.Value, p.Protocol)).Order());
        Assert.Equal(["169.254.169.254/32", "169.254.20.10/32"], Blocks(names).Select(b => b.Cidr).Order(StringComparer.Ordinal));
        Assert.All(rules.Where(r => r != names).SelectMany(Blocks), b => Assert.Equal(["169.254.0.0/16"], b.Except));

        static IEnumerable<V1IPBlock> Blocks(V1NetworkPolicyEgressRule rule) => rule.To.Select(t => t.IpBlock).OfType<V1IPBlock>();
    }

    [Fact]
    public async Task Secret_has_every_file_that_is_mounted_from_it()
    {
        using var folder = new TempFolder();
        await SecretFiles.MakeAsync(folder["secrets"]);
        V1PodSpec[] pods = [
            .. Manifests.Silos.Select(s => s.Spec.Template.Spec), .. Manifests.All.OfType<V1StatefulSet>().Select(s => s.Spec.Template.Spec)];
        foreach (var secret in pods.Select(p => p.Volumes.Single(v => v.Secret is not null).Secret))
        {
            Assert.Equal("lisa", secret.SecretName);
            Assert.Equal(0b100_100_000, secret.DefaultMode);
            Assert.All(secret.Items, i => Assert.True(File.Exists(folder["secrets/" + i.Key]), i.Key));
        }
    }

    private static V1Deployment Silo(string name) => Manifests.Silos.Single(s => s.Metadata.Name == name);
}
