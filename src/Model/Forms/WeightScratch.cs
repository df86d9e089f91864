using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Where packed weights are unpacked when a decoder layer computes: room for the matrices of one layer, which all layers on a
/// device use in turn. Used on the device's thread only.
/// </summary>
/// <remarks>
/// Autograd keeps hold of the tensors that a forward pass computed with, and reads them in the backward pass. By then another
/// layer's numbers are in them, so the layer unpacks its own once more; autograd does not see that, and nothing is kept in between.
/// After a step's last backward pass nothing refers to them, and their memory goes back until the next step: the optimizer, and the
/// gradient of the embedding, which comes last, do without.
/// </remarks>
public sealed class WeightScratch
{
    private readonly Dictionary<(string Shape, ScalarType DType, string Device, int Ordinal), Room> _rooms = [];
    private int _passes;

    /// <summary>Bytes that are in memory now.</summary>
    public long Bytes => _rooms.Values.Sum(r => r.Bytes);

    /// <summary>A forward pass whose backward pass may read the rooms: dispose when that is done, or will not come.</summary>
    internal IDisposable Pass() => new OpenPass(this);

    /// <summary>Room for a matrix; whoever asks gives it back.</summary>
    /// <param name="shape">Shape.</param>
    /// <param name="dtype">The compute dtype.</param>
    /// <param name="device">The device.</param>
    /// <param name="ordinal">Which of the layer's matrices of this shape it is, from 0: those of one layer are needed together.</param>
    internal Room Rent(IReadOnlyList<long> shape, ScalarType dtype, Device device, int ordinal)
    {
        var key = (string.Join(',', shape), dtype, device.ToString(), ordinal);
        if (!_rooms.TryGetValue(key, out var room))
            _rooms.Add(key, room = new Room(() => empty([.. shape], dtype, device), () => _rooms.Remove(key)));

        room.Users++;
        return room;
    }

    private void EndPass()
    {
        if (--_passes > 0) return;
        foreach (var room in _rooms.Values) room.Free();
    }

    /// <summary>Room for one matrix of each layer. It takes memory from its first use on.</summary>
    internal sealed class Room(Func<Tensor> create, Action forget)
    {
        private Tensor? _tensor;
        private IPackedWeight? _holds;

        public int Users { get; set; }

        public long Bytes => _tensor is null ? 0 : _tensor.numel() * _tensor.element_size();

        /// <summary>The weight, unpacked: good until the next one is unpacked here, or the last pass ends.</summary>
        public Tensor Unpack(IPackedWeight weight)
        {
            if (_tensor is not null && ReferenceEquals(_holds, weight)) return _tensor;
            _holds = null;
            _tensor ??= Create();
            weight.Unpack(_tensor);
            _holds = weight;
            return _tensor;
        }

        /// <summary>Gives the room back; the last one frees it.</summary>
        public void Return(IPackedWeight weight)
        {
            if (ReferenceEquals(_holds, weight)) _holds = null;
            if (--Users > 0) return;
            forget();
            Free();
        }

        /// <summary>Frees its memory until the next use.</summary>
        public void Free()
        {
            _tensor?.Dispose();
            (_tensor, _holds) = (null, null);
        }

        private Tensor Create()
        {
            using var memory = HostMemory.LongLived();
            return create().DetachFromDisposeScope();
        }
    }

    private sealed class OpenPass : IDisposable
    {
        private WeightScratch? _scratch;

        public OpenPass(WeightScratch scratch) => (_scratch = scratch)._passes++;

        public void Dispose()
        {
            _scratch?.EndPass();
            _scratch = null;
        }
    }
}
