namespace LisaOrleans.Training.Tests;

public sealed class SaveIntervalTests
{
    [Fact]
    public void Young_is_the_root_of_twice_cost_and_mean_time()
    {
        Assert.Equal(60, SaveInterval.Young(cost: 2, meanTime: 900));
        Assert.Equal(0, SaveInterval.Young(0, 3600));
    }

    // By hand: C / 2M = 0.01, its root 0.1; 2 C M = 40000, its root 200.
    [Fact]
    public void Daly_is_its_closed_form()
    {
        Assert.Equal((200 * (1 + (0.1 / 3) + (0.01 / 9))) - 20, SaveInterval.Daly(cost: 20, meanTime: 1000), 10);
        Assert.Equal(7, SaveInterval.Daly(cost: 20, meanTime: 7));
        Assert.Equal(double.PositiveInfinity, SaveInterval.Daly(cost: 20, double.PositiveInfinity));
    }

    // The exact cost of Daly's model (equation 20, without the restart): M e^(t/M) grows with the interval, (e^((t + C)/M) - 1) M / t is least.
    [Theory]
    [InlineData(1, 1000)]
    [InlineData(20, 1000)]
    [InlineData(100, 1000)]
    public void Daly_is_near_the_least_of_the_exact_cost(double cost, double meanTime)
    {
        var found = Cost(SaveInterval.Daly(cost, meanTime));
        var least = Enumerable.Range(1, 20_000).Min(i => Cost(i * 0.1));
        Assert.InRange(found / least, 1 - 1e-6, 1.0001);

        double Cost(double interval) => meanTime * (Math.Exp((interval + cost) / meanTime) - 1) / interval;
    }
}
