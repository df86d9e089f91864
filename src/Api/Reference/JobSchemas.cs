using System.Text.Json.Nodes;
using LisaOrleans.Training;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace LisaOrleans.Api;

/// <summary>Describes the settings of jobs in the OpenAPI document, from the table of settings.</summary>
internal static class JobSchemas
{
    /// <summary>Adds to a job's method a field for each training method, with all its settings.</summary>
    public static Task AddMethods(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type != typeof(JobMethod)) return Task.CompletedTask;
        schema.AdditionalPropertiesAllowed = false;
        schema.AdditionalProperties = null;
        schema.Properties ??= new Dictionary<string, IOpenApiSchema>();
        foreach (var method in Methods.All.Names) schema.Properties[method] = Object("hyperparameters", Hyperparameters());
        return Task.CompletedTask;
    }

    private static OpenApiSchema Hyperparameters() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "What is left out has its default.",
        Properties = RunSettings.Table.All.Where(s => s.BodyField is null).ToDictionary(s => s.Name, IOpenApiSchema (s) => Value(s)),
    };

    private static OpenApiSchema Value(TrainingSetting setting)
    {
        var type = setting.Kind switch
        {
            SettingKind.Integer => JsonSchemaType.Integer,
            SettingKind.Number => JsonSchemaType.Number,
            SettingKind.Flag => JsonSchemaType.Boolean,
            SettingKind.Integers or SettingKind.Names => JsonSchemaType.Array | JsonSchemaType.String,
            _ when setting.MayBeNumber => JsonSchemaType.String | JsonSchemaType.Number,
            _ => JsonSchemaType.String,
        };
        var help = InvalidTrainingSettingException.Spell(setting.Help, name => name);
        return new OpenApiSchema
        {
            Type = type | JsonSchemaType.Null,
            Description = $"{help}. Default: {setting.DefaultText ?? "none"}. Must be {setting.Wanted}.",
            Items = !type.HasFlag(JsonSchemaType.Array) ? null
                : new OpenApiSchema { Type = setting.Kind == SettingKind.Names ? JsonSchemaType.String : JsonSchemaType.Integer },
            Enum = setting.Choices is { } words ? [.. words.Select(w => (JsonNode)w)] : null,
        };
    }

    private static OpenApiSchema Object(string property, OpenApiSchema value) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema> { [property] = value },
    };
}
