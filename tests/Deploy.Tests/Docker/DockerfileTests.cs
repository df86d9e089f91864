namespace LisaOrleans.Deploy.Tests;

public sealed class DockerfileTests
{
    // Microsoft's .NET 10 images on noble, and what is Ubuntu 24.04 by name.
    private static readonly string[] s_ubuntu = ["-noble", "ubuntu24.04", "ubuntu:24.04"];

    [Theory]
    [InlineData("deploy/docker/Dockerfile", "cpu")]
    [InlineData("deploy/docker/Dockerfile.cuda", "cuda")]
    public void Dockerfile_has_the_right_base_backend_user_and_entry_point(string file, string backend)
    {
        var lines = DeployFiles.Read(file).Split('\n');
        var stages = Values("FROM");
        Assert.Equal(["mcr.microsoft.com/dotnet/sdk:10.0 AS build", stages[^1]], stages);
        Assert.Contains(s_ubuntu, name => stages[^1].Contains(name, StringComparison.Ordinal));
        Assert.Contains(Values("RUN"), run => run.Contains($"-p:TorchBackend={backend} ", StringComparison.Ordinal));

        var user = Assert.Single(Values("USER")).Split(':')[0];
        Assert.True(int.TryParse(user, out var id) && id > 0, "Kubernetes can tell that it is not root only by a number");
        Assert.Equal("""["/opt/lisa/lisa"]""", Assert.Single(Values("ENTRYPOINT")));
        Assert.Equal("SIGTERM", Assert.Single(Values("STOPSIGNAL")));
        Assert.Contains("lisa-healthcheck", Assert.Single(Values("HEALTHCHECK")), StringComparison.Ordinal);
        Assert.Contains("/health/ready", DeployFiles.Read("deploy/docker/lisa-healthcheck"), StringComparison.Ordinal);
        Assert.Contains("WORKDIR /lisa", lines);

        List<string> Values(string word) =>
            [.. lines.Where(l => l.StartsWith(word + " ", StringComparison.Ordinal)).Select(l => l[(word.Length + 1)..])];
    }

    [Fact]
    public void Dockerignore_leaves_in_what_an_image_copies()
    {
        var ignored = DeployFiles.Read(".dockerignore").Split('\n');
        foreach (var path in (string[])["src", "eng", "deploy/docker", "global.json", "nuget.config"])
        {
            Assert.Contains("!" + path, ignored);
            Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), path);
        }
    }
}
