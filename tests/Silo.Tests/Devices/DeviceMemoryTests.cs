namespace LisaOrleans.Silo.Tests;

public sealed class DeviceMemoryTests
{
    [Fact]
    public void Find_memory_of_the_machine_is_less_than_all_of_it()
    {
        Assert.SkipUnless(TrainingDevice.Name == "cpu", "computes on a GPU");
        var all = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

        // In a container, .NET takes three quarters of its limit for all.
        Assert.InRange(DeviceMemory.Find(), all / 2, all / 3 * 4);
    }
}
