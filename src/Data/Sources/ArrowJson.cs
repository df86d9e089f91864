using System.Text.Json;
using Apache.Arrow;

namespace LisaOrleans.Data;

/// <summary>Writes values of Arrow's arrays as JSON. Members of structs that are null are left out.</summary>
internal static class ArrowJson
{
    public static void WriteMember(Utf8JsonWriter json, string name, IArrowArray array, int index)
    {
        if (array is NullArray || array.IsNull(index)) return;
        json.WritePropertyName(name);
        WriteValue(json, array, index);
    }

    private static void WriteValue(Utf8JsonWriter json, IArrowArray array, int index)
    {
        if (array is NullArray || array.IsNull(index))
        {
            json.WriteNullValue();
            return;
        }

        switch (array)
        {
            case StringArray a: json.WriteStringValue(a.GetBytes(index)); break;
            case LargeStringArray a: json.WriteStringValue(a.GetBytes(index)); break;
            case StringViewArray a: json.WriteStringValue(a.GetBytes(index)); break;
            case BooleanArray a: json.WriteBooleanValue(a.GetValue(index)!.Value); break;
            case Int8Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case Int16Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case Int32Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case Int64Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case UInt8Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case UInt16Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case UInt32Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case UInt64Array a: json.WriteNumberValue(a.GetValue(index)!.Value); break;
            case HalfFloatArray a: RowJson.WriteNumber(json, (double)a.GetValue(index)!.Value); break;
            case FloatArray a: RowJson.WriteNumber(json, a.GetValue(index)!.Value); break;
            case DoubleArray a: RowJson.WriteNumber(json, a.GetValue(index)!.Value); break;
            case ListArray a: WriteList(json, a.Values, a.ValueOffsets[index], a.ValueOffsets[index + 1]); break;
            case LargeListArray a: WriteList(json, a.Values, checked((int)a.ValueOffsets[index]), checked((int)a.ValueOffsets[index + 1])); break;
            case DictionaryArray a: WriteValue(json, a.Dictionary, Key(a.Indices, index)); break;
            case StructArray a: WriteStruct(json, a, index); break;

            case FixedSizeListArray a: WriteAll(json, a.GetSlicedValues(index)); break;

            // Bytes, dates, decimals are no text: whoever wants to learn them gets an error.
            default: RowJson.WriteForeign(json, array.Data.DataType.Name); break;
        }
    }

    private static void WriteStruct(Utf8JsonWriter json, StructArray array, int index)
    {
        var fields = ((Apache.Arrow.Types.StructType)array.Data.DataType).Fields;
        json.WriteStartObject();
        for (var field = 0; field < fields.Count; field++) WriteMember(json, fields[field].Name, array.Fields[field], index);
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, IArrowArray values, int start, int end)
    {
        json.WriteStartArray();
        for (var i = start; i < end; i++) WriteValue(json, values, i);
        json.WriteEndArray();
    }

    private static void WriteAll(Utf8JsonWriter json, IArrowArray values) => WriteList(json, values, 0, values.Length);

    private static int Key(IArrowArray indices, int index) => indices switch
    {
        Int8Array a => a.GetValue(index)!.Value,
        Int16Array a => a.GetValue(index)!.Value,
        Int32Array a => a.GetValue(index)!.Value,
        Int64Array a => checked((int)a.GetValue(index)!.Value),
        UInt8Array a => a.GetValue(index)!.Value,
        UInt16Array a => a.GetValue(index)!.Value,
        UInt32Array a => checked((int)a.GetValue(index)!.Value),
        _ => throw new InvalidDataException($"a dictionary is indexed by {indices.Data.DataType.Name}"),
    };
}
