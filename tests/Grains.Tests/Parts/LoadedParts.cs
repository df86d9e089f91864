using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>The parts of a run that nobody trains, loaded on an embedded silo under generation 1, for calls to each of them.</summary>
internal sealed class LoadedParts : IAsyncDisposable
{
    private readonly TestRun _run;
    private readonly EmbeddedSilo _silo;

    private LoadedParts(TestRun run, EmbeddedSilo silo, RunPlan plan, string address)
    {
        (_run, _silo, Plan, Address) = (run, silo, plan, address);
        Pipeline = PipelineOf(generation: 1);
    }

    public RunPlan Plan { get; }

    /// <summary>The silo's.</summary>
    public string Address { get; }

    public IGrainFactory Grains => _silo.Grains;

    public FolderBlobStore Store => _run.Store;

    public Pipeline Pipeline { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Imports a run and loads its parts.</summary>
    /// <param name="spec">The run's settings.</param>
    /// <param name="model">The model's folder; null for the usual one.</param>
    /// <param name="through">What stands between the silo and the store; null for nothing.</param>
    public static async Task<LoadedParts> CreateAsync(TrainingSpec spec, string? model = null, Func<IBlobStore, IBlobStore>? through = null)
    {
        var run = await TestRun.ImportAsync(spec, model);
        var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = through?.Invoke(run.Store) ?? run.Store }, Token);
        var manifest = await run.ManifestAsync();
        var plan = await RunPlan.Read(run.Store, manifest, Token);
        var address = (await silo.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Token)).Keys.Single().ToParsableString();
        var loaded = new LoadedParts(run, silo, plan, address);
        await loaded.LoadAsync();
        return loaded;
    }

    /// <summary>Loads what is not loaded.</summary>
    public async Task LoadAsync(long generation = 1) => await PipelineOf(generation).Load(await _run.ManifestAsync(), before: null, Token);

    /// <summary>The run's manifest.</summary>
    public Task<Manifest> ManifestAsync() => _run.ManifestAsync();

    public IPartGrain Part(string name) => PartGrains.Get(_silo.Grains, Plan.Spec.RunName, name, Address);

    /// <summary>The parts of a generation.</summary>
    public Pipeline PipelineOf(long generation) =>
        new(_silo.Grains, Plan, new StagePlan([new SiloStage(Address, Plan.Parts)]), generation, new SiloSpeeds());

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _run.Dispose();
    }
}
