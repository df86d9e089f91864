using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Where packed weights are unpacked when a decoder layer computes: room for the matrices of one layer, which all layers on a
/// device use in turn. Used on the device's thread only.
/// </summary>
/// <remarks>
/// Autograd keeps hold of the tensors that a forward pass computed with, and reads them in the backward pass. By then another
/// layer's numbers are in them, so the layer unpacks its own once more; autograd does not see that, and nothing is kept in between.
/// </remarks>
public sealed class WeightScratch
{
    private readonly Dictionary<(string Shape, ScalarType DType, string Device, int Ordinal), Room> _rooms = [];

    /// <summary>Room for a matrix; whoever asks gives it back.</summary>
    /// <param name="shape">Shape.</param>
    /// <param name="dtype">The compute dtype.</param>
    /// <param name="device">The device.</param>
    /// <param name="ordinal">Which of the layer's matrices of this shape it is, from 0: those of one layer are needed together.</param>
    internal Room Rent(IReadOnlyList<long> shape, ScalarType dtype, Device device, int ordinal)
    {
        var key = (string.Join(',', shape), dtype, device.ToString(), ordinal);
        if (!_rooms.TryGetValue(key, out var room))
        {
            using var memory = HostMemory.LongLived();
            var tensor = empty([.. shape], dtype, device).DetachFromDisposeScope();
            _rooms.Add(key, room = new Room(tensor, () => _rooms.Remove(key)));
        }

        room.Users++;
        return room;
    }

    /// <summary>Room for one matrix of each layer.</summary>
    internal sealed class Room(Tensor tensor, Action forget)
    {
        private IPackedWeight? _holds;

        public int Users { get; set; }

        /// <summary>The weight, unpacked: good until the next one is unpacked here.</summary>
        public Tensor Unpack(IPackedWeight weight)
        {
            if (ReferenceEquals(_holds, weight)) return tensor;
            _holds = null;
            weight.Unpack(tensor);
            _holds = weight;
            return tensor;
        }

        /// <summary>Gives the room back; the last one frees it.</summary>
        public void Return(IPackedWeight weight)
        {
            if (ReferenceEquals(_holds, weight)) _holds = null;
            if (--Users > 0) return;
            forget();
            tensor.Dispose();
        }
    }
}
