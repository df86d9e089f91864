// Benchmarks. Every number is printed beside what it is compared with. See docs/benchmarks.md.
using System.Globalization;
using LisaOrleans.Bench;

switch (args)
{
    case ["training", .. var rest]:
        await TrainingBenchmark.Run(steps: Number(rest, 0, 45), rounds: Number(rest, 1, 5), threads: Number(rest, 2, Environment.ProcessorCount));
        return 0;
    case ["memory", .. var rest]:
        await MemoryBenchmark.Run(threads: Number(rest, 0, Environment.ProcessorCount));
        return 0;
    case ["measure-memory", var root, var method, var periods, var threads]:
        await MemoryBenchmark.Measure(root, method, int.Parse(periods, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture));
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: dotnet run -c Release --project bench -- BENCHMARK
              training [STEPS [ROUNDS [THREADS]]]   steps per second against a plain whole-model loop
              memory [THREADS]                      peak memory after 2 and 50 periods, and of full fine-tuning
            """);
        return 2;
}

static int Number(string[] rest, int index, int fallback) =>
    rest.Length > index ? int.Parse(rest[index], CultureInfo.InvariantCulture) : fallback;
