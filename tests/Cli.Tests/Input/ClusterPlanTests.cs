using System.Text.Json.Nodes;

namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa plan --cluster</c>, and what it refuses.</summary>
public sealed class ClusterPlanTests
{
    private const string Spec = "count=4,device=cpu,tflops=0.002,evictions_per_hour=0.5";

    [Fact]
    public async Task Plan_cluster_says_replicas_steps_and_what_evictions_cost()
    {
        var shown = (await Lisa.SucceedsAsync("plan", "--model", Sample.Model, "--gradient-accumulation-steps", "8", "--cluster", Spec)).Output;
        foreach (var says in (string[])["4 x CPU at 0.002 TFLOP/s", "replicas 4, stages 1", "manifest", "--save-steps", "evictions"])
            Assert.Contains(says, shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_cluster_file_is_the_same_as_its_fields_in_a_line_and_a_trace_is_replayed_on_it()
    {
        using var folder = new TempFolder();
        var (file, trace) = (folder["cluster.yaml"], folder["trace.csv"]);
        await File.WriteAllTextAsync(
            file, "machines:\n  - {count: 4, device: cpu, tflops: 0.002}\nevictions_per_hour: 0.5\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            trace, "0,add,a\n0,add,b\n60000,add,c\n60000,add,d\n600000,remove,a\n1800000,remove,b\n3600000,remove,c\n",
            TestContext.Current.CancellationToken);
        string[] json = ["plan", "--model", Sample.Model, "--gradient-accumulation-steps", "8", "--log-format", "json"];
        var line = JsonNode.Parse((await Lisa.SucceedsAsync([.. json, "--cluster", Spec])).Output)!;
        Assert.Null(line["trace"]);
        Assert.Equal((4, 0), ((int)line["plan"]!["replicas"]!, (int)line["plan"]!["idle"]!));
        var both = JsonNode.Parse((await Lisa.SucceedsAsync([.. json, "--cluster", file, "--trace", trace])).Output)!;
        Assert.Equal(line["plan"]!.ToJsonString(), both["plan"]!.ToJsonString());
        Assert.Equal((4, 3, 3600.0), ((int)both["trace"]!["joins"]!, (int)both["trace"]!["kills"]!, (double)both["trace"]!["seconds"]!));
        Assert.True((long)both["trace"]!["steps"]! > 0);
    }

    [Fact]
    public async Task Plan_trace_without_machines_for_a_time_says_how_long_the_run_waits()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(
            folder["trace.csv"], "0,add,a\n60000,remove,a\n1860000,add,b\n1920000,remove,b\n", TestContext.Current.CancellationToken);
        var shown = (await Lisa.SucceedsAsync(
            "plan", "--model", Sample.Model, "--cluster", "count=1,device=cpu,tflops=0.002", "--trace", folder["trace.csv"])).Output;
        Assert.Contains("30 min without room for the run: it waits until there is some", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("count=4", "--cluster: tflops is missing")]
    [InlineData("count=0,tflops=1", "--cluster: count is '0'; it must be a whole number from 1 to 10000")]
    [InlineData("count=4,tflops=-1", "--cluster: tflops is '-1'; it must be a number above 0")]
    [InlineData("count=4,tflops=NaN", "--cluster: tflops is 'NaN'")]
    [InlineData("count=4,tflops=1,device=tpu", "--cluster: device is 'tpu'; it must be one of gpu, cpu")]
    [InlineData("count=4,tflops=1,link_gbits=3", "--cluster: unknown field 'link_gbits'; did you mean 'link_gbit'?")]
    [InlineData("count=4,count=5,tflops=1", "--cluster: count is given twice")]
    [InlineData("count=4,tflops", "--cluster: 'tflops' must be a field and its value")]
    [InlineData("count=2,tflops=1,memory_gb=0.000001", "--cluster: the run needs ")]
    [InlineData("nothing.yaml", "--cluster: no such file: ")]
    public async Task Plan_cluster_that_is_wrong_is_refused_by_its_field(string cluster, string says) =>
        await LisaMain.RefusesAsync(["plan", "--model", Sample.Model, "--cluster", cluster], says);

    [Theory]
    [InlineData("count: 4\n", "machines must be a list")]
    [InlineData("machines: []\n", "machines must be a list")]
    [InlineData("machines:\n  - count: 4\n", "line 2: tflops is missing")]
    [InlineData("machines:\n  - {count: 4, tflops: 1}\nnotice: 3\n", "line 3: unknown field 'notice'; did you mean 'notice_seconds'?")]
    [InlineData("machines:\n  - {count: 4, tflops: 1, link_gbit: 1}\n", "line 2: unknown field 'link_gbit'")]
    public async Task Plan_cluster_file_that_is_wrong_is_refused_by_file_line_and_field(string text, string says)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["c.yaml"], text, TestContext.Current.CancellationToken);
        await LisaMain.RefusesAsync(["plan", "--model", Sample.Model, "--cluster", folder["c.yaml"]], folder["c.yaml"], says);
    }

    [Fact]
    public async Task Plan_trace_that_is_wrong_or_without_a_cluster_is_refused()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["t.csv"], "0,add,a\nx\n", TestContext.Current.CancellationToken);
        string[] plan = ["plan", "--model", Sample.Model, "--trace", folder["t.csv"]];
        await LisaMain.RefusesAsync(plan, "--trace", "--cluster");
        await LisaMain.RefusesAsync([.. plan, "--cluster", Spec], folder["t.csv"], "line 2: 'x' must be milliseconds,add|remove,node");
        await File.WriteAllTextAsync(folder["t.csv"], "0,add,a\n", TestContext.Current.CancellationToken);
        await LisaMain.RefusesAsync([.. plan, "--cluster", "count=1,tflops=1"], folder["t.csv"], "at one moment");
        await LisaMain.RefusesAsync(["plan", "--model", Sample.Model, "--trace", folder["none"], "--cluster", Spec], "--trace", "no such file");
        await LisaMain.RefusesAsync([.. plan[..^1], folder.Root, "--cluster", Spec], "--trace: must be a file, not a folder");
        await LisaMain.RefusesAsync(["plan", "--model", Sample.Model, "--cluster", folder.Root], "--cluster: must be a file, not a folder");
        await LisaMain.RefusesAsync(["plan", "--model", Sample.Model, "--cluster", Spec, "--device-memory-gb", "4"], "--device-memory-gb");
    }
}
