namespace LisaOrleans.Cluster.Tests;

/// <summary>What the run of <see cref="ChaosTests"/> ends with where nothing disturbs it.</summary>
public sealed class UndisturbedRun : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    internal static string[] Training { get; } = TrainingArguments.Sample(steps: 400);

    internal string Output => _folder["undisturbed"];

    public async ValueTask InitializeAsync() => await TestCluster.SucceedsAsync(_folder.Root, ["train", .. Training, "--output", Output]);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
