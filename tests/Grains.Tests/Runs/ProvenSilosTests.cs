using LisaOrleans.Training;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Grains.Tests;

/// <summary>Which silos a run doubts that fails again and again.</summary>
public sealed class ProvenSilosTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Doubt_falls_on_those_that_no_manifest_was_saved_with_when_failures_repeat_and_last()
    {
        var proven = new ProvenSilos(_time);
        proven.Add(On("a"));
        Fail(proven, "a b", times: 5, seconds: 1);
        Fail(proven, "a c", times: 2, seconds: 30);
        Fail(proven, "c a", times: 1, seconds: 1, doubtful: "c");

        // Then it begins anew, and a manifest in between ends it.
        Fail(proven, "a c", times: 2, seconds: 30);
        proven.Add(On("a c"));
        Fail(proven, "a c", times: 2, seconds: 30);
    }

    [Fact]
    public void Doubt_falls_on_those_where_something_failed_each_time()
    {
        var proven = new ProvenSilos(_time);
        proven.Add(On("a b c"));
        Fail(proven, "a b c d", times: 1, seconds: 30);
        Fail(proven, "a b c d", times: 1, seconds: 30, failed: "a b");
        Fail(proven, "a b c d", times: 1, seconds: 30, failed: "b d", doubtful: "b");

        // With a store in which nobody can store, that is no silo's fault; and where it was another each time, they show nothing.
        Fail(proven, "a b c", times: 9, seconds: 30, failed: "b", ofStore: true);
        Fail(proven, "a d", times: 2, seconds: 30, failed: "a");
        Fail(proven, "a d", times: 1, seconds: 30, failed: "d", doubtful: "d");
    }

    [Fact]
    public void Doubt_falls_on_all_where_none_or_each_has_proven_to_work_unless_the_store_failed()
    {
        var proven = new ProvenSilos(_time);
        Fail(proven, "a b", times: 9, seconds: 30, ofStore: true);
        Fail(proven, "a b", times: 3, seconds: 30, doubtful: "a b");
        proven.Add(On("a b"));
        Fail(proven, "a b", times: 9, seconds: 30, ofStore: true);
        Fail(proven, "a b", times: 3, seconds: 30, doubtful: "a b");
        Fail(proven, "a b c", times: 3, seconds: 30, doubtful: "a b c");
    }

    // The last of these failures makes the run doubt some silos.
    private void Fail(
        ProvenSilos proven, string silos, int times, int seconds, string failed = "", bool ofStore = false, string doubtful = "")
    {
        for (var i = 1; i <= times; i++)
        {
            Assert.Equal(
                i == times ? doubtful : "", string.Join(' ', proven.Doubt(On(silos), Split(failed).ToHashSet(), ofStore).Order()));
            _time.Advance(TimeSpan.FromSeconds(seconds));
        }
    }

    private static StagePlan On(string silos) => new([.. Split(silos).Select(s => new SiloStage(s, []))]);

    private static string[] Split(string silos) => silos.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
