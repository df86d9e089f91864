using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>A part's state as blobs: from the store to tensors, strictly checked, and back.</summary>
public static class PartStorage
{
    private const string StateStep = "state_step";

    /// <summary>The parameters of a part.</summary>
    public static IReadOnlyList<ParameterSpec> Specs(ModelConfig config, string part) => part switch
    {
        PartName.Embedding => config.EmbeddingSpecs(),
        PartName.Head => config.HeadSpecs(),
        _ => config.LayerSpecs(PartName.LayerIndex(part)!.Value),
    };

    /// <summary>What a blob of weights holds, in its order.</summary>
    public static IReadOnlyList<TensorSpec> WeightSpecs(IReadOnlyList<ParameterSpec> specs, PartDtypes dtypes) =>
        [.. specs.Select(s => new TensorSpec(s.Name, s.Shape, dtypes.Storage))];

    /// <summary>The weights of a blob in the dtype in which they rest, on the device; the caller owns them.</summary>
    public static Dictionary<string, Tensor> ToWeights(
        SafetensorsReader blob, string blobName, IReadOnlyList<ParameterSpec> specs, PartDtypes dtypes, Device device)
    {
        Check(blob, blobName, WeightSpecs(specs, dtypes));
        using var memory = HostMemory.LongLived();
        return specs.ToDictionary(s => s.Name, s => ToRest(Read(blob, s.Name), dtypes, device));
    }

    /// <summary>
    /// The weights of a blob where it is mapped; the caller owns them. They are the exact ones in the dtype in which they rest, on the CPU,
    /// and must not be written to.
    /// </summary>
    /// <param name="blob">The blob; it is owned from now on, even if this fails, and stays mapped as long as one of its tensors lives.</param>
    /// <param name="blobName">What messages call it.</param>
    /// <param name="specs">The part's parameters.</param>
    /// <param name="dtypes">The run's number formats.</param>
    public static Dictionary<string, Tensor> MapWeights(
        SafetensorsReader blob, string blobName, IReadOnlyList<ParameterSpec> specs, PartDtypes dtypes)
    {
        var users = 1;
        var weights = new Dictionary<string, Tensor>();
        try
        {
            Check(blob, blobName, WeightSpecs(specs, dtypes));
            foreach (var spec in specs) weights.Add(spec.Name, Map(spec));
            return weights;
        }
        catch
        {
            foreach (var tensor in weights.Values) tensor.Dispose();
            throw;
        }
        finally
        {
            Release();
        }

        Tensor Map(ParameterSpec spec)
        {
            // Behind a tensor of an odd length, which hardly a model has.
            var address = blob.Pointer(blob.Tensors[spec.Name]);
            if (address % MappedMemory.Alignment != 0) return Read(blob, spec.Name);
            Interlocked.Increment(ref users);
            try
            {
                return MappedMemory.Over(address, spec.Shape, dtypes.AtRest, Release);
            }
            catch
            {
                Release();
                throw;
            }
        }

        void Release()
        {
            if (Interlocked.Decrement(ref users) == 0) blob.Dispose();
        }
    }

    /// <summary>
    /// Turns a tensor that the caller gives away into one in the dtype in which weights rest, on the device; the caller owns it.
    /// </summary>
    public static Tensor ToRest(Tensor stored, PartDtypes dtypes, Device device)
    {
        if (stored.dtype == dtypes.AtRest && device.type == TorchSharp.DeviceType.CPU) return stored;
        using (stored)
        {
            return stored.to(dtypes.AtRest, device).DetachFromDisposeScope();
        }
    }

    /// <summary>
    /// What a training state trains, rounded to the stored dtype as an export rounds it, in the dtype in which weights rest; the caller
    /// owns the tensors.
    /// </summary>
    public static Dictionary<string, Tensor> MastersToWeights(SafetensorsReader blob, string blobName, PartSchema schema)
    {
        Check(blob, blobName, schema.StateTensors);
        using var memory = HostMemory.LongLived();
        var dtypes = schema.HasAdapters ? schema.Dtypes.OfAdapters : schema.Dtypes;
        return schema.Trained.ToDictionary(s => s.Name, s =>
        {
            using var master = Read(blob, OptimizerState.MasterName(s));
            using var rounded = master.to(dtypes.Storage, copy: true).DetachFromDisposeScope();
            return rounded.to(dtypes.AtRest, copy: true).DetachFromDisposeScope();
        });
    }

    /// <summary>Gives a part the training state of a blob.</summary>
    public static void RestoreTrainingState(ModelPart part, SafetensorsReader blob, string blobName) =>
        Restore(blob, blobName, part.StateSpecs, part.RestoreTrainingState);

    /// <summary>Gives a part the adapters of a blob, which do not train yet.</summary>
    public static void RestoreAdapters(ModelPart part, SafetensorsReader blob, string blobName, IReadOnlyList<TensorSpec> specs)
    {
        Check(blob, blobName, specs);
        Borrow(blob, part.RestoreAdapters);
    }

    /// <summary>Makes a part train on with the moments of a blob.</summary>
    public static void RestoreMoments(ModelPart part, SafetensorsReader blob, string blobName) =>
        Restore(blob, blobName, part.MomentSpecs, part.RestoreMoments);

    private static void Restore(
        SafetensorsReader blob, string blobName, IReadOnlyList<TensorSpec> specs, Action<IReadOnlyDictionary<string, Tensor>, long> restore)
    {
        Check(blob, blobName, specs);
        if (!blob.Metadata.TryGetValue(StateStep, out var text)
            || !long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var step) || step < 0)
        {
            throw new InvalidDataFileException(blobName, $"metadata '{StateStep}' must be a whole number");
        }

        Borrow(blob, tensors => restore(tensors, step));
    }

    private static void Borrow(SafetensorsReader blob, Action<IReadOnlyDictionary<string, Tensor>> use)
    {
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var (name, info) in blob.Tensors) tensors.Add(name, View(name, info));
            use(tensors);
        }
        finally
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
        }

        // What is only copied from need not be copied before: moments are the largest that a run reads again after a failure.
        Tensor View(string name, TensorInfo info)
        {
            var (address, dtype) = (blob.Pointer(info), ToScalarType(info.DType));
            return address % dtype.ElementSize() == 0 ? TensorMemory.Borrow(address, info.Shape, dtype) : Read(blob, name);
        }
    }

    /// <summary>Metadata of a training state's blob.</summary>
    public static Dictionary<string, string> StateMetadata(long stateStep) => new()
    {
        [StateStep] = stateStep.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>Tensors on the CPU as a blob; they must live while it is written.</summary>
    public static SafetensorsBlob ToBlob(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata) =>
        SafetensorsWriter.Create([.. tensors.Select(ToSource)], metadata);

    /// <summary>A tensor on the CPU as one of a blob.</summary>
    public static TensorSource ToSource(NamedTensor tensor) =>
        new(tensor.Name, ToDType(tensor.Value.dtype), tensor.Value.shape, TensorMemory.Address(tensor.Value));

    /// <summary>A tensor of a blob, copied to CPU memory; the caller owns it.</summary>
    public static Tensor Read(SafetensorsReader blob, string name)
    {
        var info = blob.Tensors[name];
        return TensorMemory.Copy(blob.Pointer(info), info.Shape, ToScalarType(info.DType));
    }

    public static TensorDType ToDType(ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 => TensorDType.F32,
        ScalarType.BFloat16 => TensorDType.BF16,
        ScalarType.Float16 => TensorDType.F16,
        ScalarType.Byte => TensorDType.U8,
        _ => throw new NotSupportedException($"weights of type {dtype}"),
    };

    public static ScalarType ToScalarType(TensorDType dtype) => dtype switch
    {
        TensorDType.F64 => ScalarType.Float64,
        TensorDType.F32 => ScalarType.Float32,
        TensorDType.BF16 => ScalarType.BFloat16,
        TensorDType.F16 => ScalarType.Float16,
        TensorDType.U8 => ScalarType.Byte,
        _ => throw new NotSupportedException($"weights of type {dtype}"),
    };

    // Libtorch aborts the process on wrong shapes, so nothing unchecked reaches it.
    private static void Check(SafetensorsReader blob, string blobName, IReadOnlyList<TensorSpec> wanted)
    {
        foreach (var (name, shape, dtype) in wanted)
        {
            if (!blob.Tensors.TryGetValue(name, out var info))
                throw new InvalidDataFileException(blobName, $"tensor '{name}' is missing");
            if (!info.Shape.SequenceEqual(shape))
            {
                throw new InvalidDataFileException(
                    blobName, $"tensor '{name}' has shape [{string.Join(", ", info.Shape)}]; it must be [{string.Join(", ", shape)}]");
            }

            if (info.DType != ToDType(dtype))
                throw new InvalidDataFileException(blobName, $"tensor '{name}' is {info.DType}; by the run's settings it must be {ToDType(dtype)}");
        }

        if (blob.Tensors.Keys.FirstOrDefault(n => wanted.All(w => w.Name != n)) is { } extra)
            throw new InvalidDataFileException(blobName, $"tensor '{extra}' does not belong to this part");
    }
}
