using System.Buffers.Binary;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// Reads a message of Protocol Buffers field by field. Source: the encoding's documentation, "Message Structure".
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int LongestVarint = 10;

    private static readonly UTF8Encoding s_strict = new(false, true);

    private ReadOnlySpan<byte> _rest = message;
    private int _wireType;

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>Goes on to the next field; false at the end.</summary>
    /// <exception cref="InvalidDataException">The message is broken.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        var tag = Varint();
        (Field, _wireType) = ((int)(tag >> 3 & int.MaxValue), (int)(tag & 7));
        return Field > 0 ? true : throw Broken();
    }

    public long Number() => _wireType == 0 ? (long)Varint() : throw Broken();

    public bool Flag() => Number() != 0;

    public float Float() => _wireType == 5 ? BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float))) : throw Broken();

    public ReadOnlySpan<byte> Bytes()
    {
        if (_wireType != 2) throw Broken();
        var length = Varint();
        return length <= (ulong)_rest.Length ? Take((int)length) : throw Broken();
    }

    public string Text()
    {
        try
        {
            return s_strict.GetString(Bytes());
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException("a text is not UTF-8");
        }
    }

    /// <summary>Skips the field's value.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Take(sizeof(long));
                break;
            case 2:
                Bytes();
                break;
            case 5:
                Take(sizeof(int));
                break;
            default:
                throw Broken();
        }
    }

    private static InvalidDataException Broken() => new("its bytes are not a Protocol Buffers message");

    private ulong Varint()
    {
        var result = 0ul;
        for (var i = 0; i < LongestVarint && i < _rest.Length; i++)
        {
            result |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] >= 0x80) continue;
            _rest = _rest[(i + 1)..];
            return result;
        }

        throw Broken();
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw Broken();
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
