using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Api.Tests;

/// <summary>Any name is the sample model, which is loaded when the test says so.</summary>
internal sealed class GatedCatalog : IModelCatalog
{
    private readonly ServableModel _sample =
        FolderModel.Open(Path.Combine(CompletionServer.Samples.ModelsFolder!, "tiny-stories"), ChatTemplates.Auto);

    private TaskCompletionSource _gate = New();
    private int _loads;

    /// <summary>How often a model was loaded.</summary>
    public int Loads => Volatile.Read(ref _loads);

    /// <summary>Memory that the model needs.</summary>
    public long Bytes => ModelHost.Measure(_sample, new InferenceOptions());

    public Task<ServableModel?> FindAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult<ServableModel?>(new Gated(this, name));

    /// <summary>Lets all loads go on, now and later.</summary>
    public void Open() => _gate.SetResult();

    /// <summary>Lets the loads that wait fail, and later ones wait again.</summary>
    public void Break()
    {
        var gate = _gate;
        _gate = New();
        gate.SetException(new InvalidOperationException("broken by the test"));
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Gated(GatedCatalog catalog, string name)
        : ServableModel(catalog._sample.Config, PartDtypes.Parse("float32", "float32"), name)
    {
        public override async Task<LoadedModel> LoadAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref catalog._loads);
            await catalog._gate.Task.WaitAsync(cancellationToken);
            return await catalog._sample.LoadAsync(cancellationToken);
        }
    }
}
