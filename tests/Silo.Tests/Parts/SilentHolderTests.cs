using LisaOrleans.Grains;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Silo.Tests;

/// <summary>A silo that has died is asked once for what it held, not for each part.</summary>
[Collection(nameof(TensorNode))]
public sealed class SilentHolderTests : IAsyncDisposable
{
    private static readonly AdamW s_optimizer = new(0.9, 0.999, 1e-8, 0);

    private readonly TensorNode _node = new();
    private readonly PartReceiver _receiver;
    private int _asked;

    public SilentHolderTests() => _receiver = new PartReceiver(_node.Exchange, NullLogger<PartReceiver>.Instance);

    public static TheoryData<Exception> Silences =>
        [new SiloUnavailableException("gone"), new TimeoutException("no answer"), new OperationCanceledException("no answer")];

    public ValueTask DisposeAsync()
    {
        _receiver.Dispose();
        return _node.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Silences))]
    public async Task Receive_silo_that_gives_no_answer_is_asked_once_in_a_generation(Exception silence)
    {
        for (var layer = 0; layer < 5; layer++) await ReceiveAsync(layer, "dead", generation: 2, silence);
        Assert.Equal(1, _asked);
        for (var layer = 0; layer < 5; layer++) await ReceiveAsync(layer, "dead too", generation: 2, silence);
        Assert.Equal(2, _asked);
        for (var layer = 0; layer < 5; layer++) await ReceiveAsync(layer, "dead", generation: 2, silence);
        Assert.Equal(2, _asked);
        await ReceiveAsync(0, "dead", generation: 3, silence);
        Assert.Equal(3, _asked);
    }

    [Fact]
    public async Task Receive_silo_that_answers_or_fails_with_one_part_is_asked_for_the_others()
    {
        for (var layer = 0; layer < 3; layer++) await ReceiveAsync(layer, "live", generation: 2, silence: null);
        for (var layer = 0; layer < 3; layer++) await ReceiveAsync(layer, "live", generation: 2, new InvalidOperationException("of one part"));
        Assert.Equal(6, _asked);
    }

    // A silo that trains answers between two passes.
    [Fact]
    public async Task Receive_ahead_silo_that_takes_its_time_is_asked_for_the_other_parts_and_holds_what_the_store_has()
    {
        for (var layer = 0; layer < 3; layer++)
            Assert.False(await ReceiveAsync(layer, "busy", generation: 2, new TimeoutException("no answer"), ahead: true));
        Assert.Equal(3, _asked);
        Assert.True(await ReceiveAsync(3, "busy", generation: 2, silence: null, ahead: true));
        for (var layer = 0; layer < 3; layer++)
            Assert.False(await ReceiveAsync(layer, "dead", generation: 2, new SiloUnavailableException("gone"), ahead: true));
        Assert.Equal(5, _asked);
    }

    // Whether the holder said that it has another state.
    private async Task<bool> ReceiveAsync(int layer, string silo, long generation, Exception? silence, bool ahead = false)
    {
        var holder = new OfferingHolder(() =>
        {
            _asked++;
            return silence is null ? null : throw silence;
        });
        var load = new PartLoad
        {
            Generation = generation,
            Step = 9,
            Spec = new TrainingSpec { RunName = "r", BlockSize = 8, Dtype = "float32", Threads = 1 },
            ConfigJson = "",
            Weights = new BlobRef(new string('0', 64), 1),
            HeldBy = silo,
            Ahead = ahead,
        };
        var schema = new PartSchema([], [], PartDtypes.Parse("float32", "float32"), s_optimizer);
        var (state, isOther) = await _receiver.Receive(holder, PartName.Layer(layer), load, schema, TestContext.Current.CancellationToken);
        Assert.Null(state);
        return isOther;
    }
}
