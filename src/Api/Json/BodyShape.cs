using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LisaOrleans.Api;

/// <summary>
/// Compares a value with the type that it is to become, before it does: the serializer's own errors speak of .NET's types, and ours of
/// JSON's. Types with converters of their own are left to these.
/// </summary>
internal static class BodyShape
{
    /// <exception cref="ApiException">The value or one in it is of another type, is missing, or is not known.</exception>
    public static void Check(JsonElement value, Type type, string path)
    {
        var shape = ApiJson.Options.GetTypeInfo(type);
        switch (shape.Kind)
        {
            case JsonTypeInfoKind.Object:
                CheckFields(value, shape.Properties, path);
                break;

            case JsonTypeInfoKind.Enumerable:
                if (value.ValueKind != JsonValueKind.Array) throw RequestFields.WrongType(path, "an array", value);
                foreach (var (i, item) in value.EnumerateArray().Index()) Check(item, shape.ElementType!, $"{path}[{i}]");
                break;

            case JsonTypeInfoKind.Dictionary:
                if (value.ValueKind != JsonValueKind.Object) throw RequestFields.WrongType(path, "an object", value);
                foreach (var field in value.EnumerateObject()) Check(field.Value, shape.ElementType!, $"{path}.{ApiText.Shorten(field.Name)}");
                break;

            case var _ when type == typeof(string):
                RequestFields.Text(value, path);
                break;

            case var _ when type == typeof(JobHyperparameters) && value.ValueKind != JsonValueKind.Object:
                throw RequestFields.WrongType(path, "an object", value);
        }
    }

    private static void CheckFields(JsonElement value, IList<JsonPropertyInfo> properties, string path)
    {
        var fields = new RequestFields(value, path);
        foreach (var property in properties.Where(p => !p.IsExtensionData))
        {
            var member = property.IsRequired ? fields.Require(property.Name) : fields.Find(property.Name);
            if (member is { } given && property.CustomConverter is null) Check(given, property.PropertyType, fields.Path(property.Name));
        }

        if (!properties.Any(p => p.IsExtensionData)) fields.RejectUnknown();
    }
}
