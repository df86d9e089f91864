using System.Xml.Linq;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// Cli -> {Dashboard, Client}; Dashboard -> Api -> Silo -> Grains -> Training -> {Checkpoints, Data, Model};
/// Client -> Checkpoints; {Checkpoints, Data} -> Abstractions.
/// </summary>
public sealed class ReferenceDirectionTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["Abstractions"] = [],
        ["Model"] = [],
        ["Data"] = ["Abstractions"],
        ["Checkpoints"] = ["Abstractions"],
        ["Training"] = ["Checkpoints", "Data", "Model"],
        ["Grains"] = ["Training"],
        ["Silo"] = ["Grains"],
        ["Api"] = ["Silo"],
        ["Dashboard"] = ["Api"],
        ["Client"] = ["Checkpoints"],
        ["Cli"] = ["Client", "Dashboard"],
    };

    private static IEnumerable<string> Projects =>
        Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories);

    [Fact]
    public void ProjectReference_goes_in_one_direction()
    {
        Assert.Equal(s_allowed.Keys.Order(), Projects.Select(Name).Order());
        foreach (var project in Projects)
        {
            var references = Items(project, "ProjectReference").Select(Name);
            Assert.True(s_allowed[Name(project)].Order().SequenceEqual(references.Order()), $"{Name(project)}: {string.Join(", ", references)}");
        }
    }

    [Fact]
    public void PackageReference_to_torch_is_only_in_Model_and_to_Orleans_not_below_Grains()
    {
        foreach (var project in Projects)
        {
            var packages = Items(project, "PackageReference").ToArray();
            if (Name(project) != "Model") Assert.DoesNotContain(packages, IsTorch);
            if (Name(project) is "Model" or "Data" or "Checkpoints" or "Training")
                Assert.DoesNotContain(packages, p => p.Contains("Orleans", StringComparison.Ordinal));
        }

        static bool IsTorch(string package) =>
            package.StartsWith("TorchSharp", StringComparison.Ordinal) || package.StartsWith("libtorch", StringComparison.Ordinal);
    }

    private static string Name(string project) => Path.GetFileNameWithoutExtension(project).Replace("LisaOrleans.", "", StringComparison.Ordinal);

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(project).Descendants(kind).Select(e => e.Attribute("Include")!.Value.Replace('\\', '/'));
}
