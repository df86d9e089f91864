using System.Text.Json;
using System.Text.Unicode;

namespace LisaOrleans.Data;

/// <summary>
/// Takes the items of a JSON list, or of the list in LMFlow's object, out of a stream one by one. Holds one item at a time.
/// </summary>
internal sealed class JsonItems(Stream stream, string path)
{
    private const int FirstBuffer = 1 << 16;

    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;
    private bool _ended;
    private long _line = 1;
    private JsonReaderState _state;
    private JsonTokenType _token;
    private string? _name;
    private ReadOnlyMemory<byte> _item;

    // Reads on from the last token; false where there are not enough bytes.
    private delegate bool Step(ref Utf8JsonReader reader);

    public IEnumerable<ReadOnlyMemory<byte>> Read()
    {
        while (_end < 3 && Fill())
        {
        }

        _start = _end - JsonText.SkipMark(_buffer.AsSpan(0, _end)).Length;
        Take(Token);
        if (_token == JsonTokenType.StartArray)
        {
            for (Take(Item); _token != JsonTokenType.EndArray; Take(Item)) yield return _item;
        }
        else
        {
            var hasInstances = false;
            for (Take(Token); _token != JsonTokenType.EndObject; Take(Token))
            {
                if (_name == LmFlow.Type)
                {
                    Take(TypeOfInstances);
                    continue;
                }

                if (_name != LmFlow.Instances) throw LmFlow.NotOne(path, _name);
                Take(Token);
                if (_token != JsonTokenType.StartArray) throw LmFlow.NotOne(path);
                hasInstances = true;
                for (Take(Item); _token != JsonTokenType.EndArray; Take(Item)) yield return _item;
            }

            if (!hasInstances) throw LmFlow.NotOne(path);
        }

        Take(Rest);
    }

    private bool Token(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) return false;
        _token = reader.TokenType;
        _name = _token == JsonTokenType.PropertyName ? reader.GetString() : null;
        return true;
    }

    private bool Item(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) return false;
        _token = reader.TokenType;
        if (_token == JsonTokenType.EndArray) return true;
        var from = (int)reader.TokenStartIndex;
        if (!reader.TrySkip()) return false;
        var bytes = _buffer.AsSpan((_start + from)..(_start + (int)reader.BytesConsumed));
        if (!Utf8.IsValid(bytes)) throw new DatasetException($"{path}: line {LineOfInvalid(from, bytes)}: is not UTF-8 text");
        _item = bytes.ToArray();
        return true;
    }

    private bool TypeOfInstances(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) return false;
        LmFlow.CheckType(ref reader, path);
        return true;
    }

    // The reader throws for whatever follows.
    private bool Rest(ref Utf8JsonReader reader) => !reader.Read() && _ended;

    private void Take(Step step)
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start.._end), _ended, _state);
            try
            {
                if (step(ref reader))
                {
                    _line += _buffer.AsSpan(_start, (int)reader.BytesConsumed).Count((byte)'\n');
                    (_start, _state) = (_start + (int)reader.BytesConsumed, reader.CurrentState);
                    return;
                }
            }
            catch (Exception e) when (JsonText.IsInvalid(e))
            {
                throw new DatasetException($"{path}: {JsonFault.Describe(e)}");
            }

            if (!Fill()) throw new DatasetException($"{path}: line {_line}: is not valid JSON: it ends too early");
        }
    }

    // Reads more bytes; the first time that there are none, the reader has to be told.
    private bool Fill()
    {
        if (_ended) return false;
        var held = _end - _start;
        if (held >= RawRecord.Longest) throw new DatasetException($"{path}: line {_line}: an entry is longer than {RawRecord.Longest} bytes");

        // Reads as much again as is already held, so that a long entry is parsed only a few times.
        var larger = held > _buffer.Length / 2 ? new byte[Math.Min(_buffer.Length * 2, RawRecord.Longest)] : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(larger);
        (_buffer, _start, _end) = (larger, 0, held);
        var wanted = Math.Min(_buffer.Length - held, Math.Max(held, FirstBuffer / 2));
        var read = stream.ReadAtLeast(_buffer.AsSpan(held, wanted), wanted, throwOnEndOfStream: false);
        _end += read;
        _ended = read < wanted;
        return true;
    }

    private long LineOfInvalid(int from, ReadOnlySpan<byte> bytes)
    {
        var line = _line + _buffer.AsSpan(_start, from).Count((byte)'\n');
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end && Utf8.IsValid(bytes[..end]))
        {
            bytes = bytes[(end + 1)..];
            line++;
        }

        return line;
    }
}
