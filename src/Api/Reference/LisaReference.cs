using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace LisaOrleans.Api;

/// <summary>
/// The OpenAPI document at <c>/openapi/v1.json</c>, and a page at <c>/docs</c> that shows it. Both are open to everybody, since
/// they are the same on every server.
/// </summary>
internal static class LisaReference
{
    private const string Page = "reference.html";
    private const string Scheme = "ApiKey";

    public static void AddLisaReference(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddOpenApi("v1", openApi =>
        {
            openApi.ShouldInclude = api => api.RelativePath?.StartsWith("v1/", StringComparison.Ordinal) == true;
            openApi.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "LisaOrleans",
                    Version = "v1",
                    Description = "Fine-tuning with LISA, compatible with OpenAI's API for files, fine-tuning jobs and models.",
                };
                document.Servers = [];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    [Scheme] = new OpenApiSecurityScheme
                    {
                        Type = SecuritySchemeType.Http,
                        Scheme = "bearer",
                        Description = "A key made by lisa keys new.",
                    },
                };
                document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
                return Task.CompletedTask;
            });
            openApi.AddSchemaTransformer(JobSchemas.AddMethods);
            openApi.AddOperationTransformer((operation, context, _) =>
            {
                if (context.Description.RelativePath == "v1/files" && context.Description.HttpMethod == HttpMethods.Post)
                    operation.RequestBody = UploadBody();
                return Task.CompletedTask;
            });
        });
    }

    public static void MapLisaReference(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi().AllowAnonymous();
        var page = ReadPage();
        routes.MapGet("/docs", (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
                + "connect-src 'self'";
            return Results.Text(page, "text/html; charset=utf-8");
        }).AllowAnonymous().ExcludeFromDescription();
    }

    // The upload is read as a stream, so the framework cannot see its fields.
    private static OpenApiRequestBody UploadBody() => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["multipart/form-data"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { "file", "purpose" },
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["file"] = new OpenApiSchema
                        {
                            Type = JsonSchemaType.String,
                            Format = "binary",
                            Description = "JSON lines for purpose fine-tune.",
                        },
                        ["purpose"] = new OpenApiSchema
                        {
                            Type = JsonSchemaType.String,
                            Enum = [.. FilePurposes.All.Select(p => (System.Text.Json.Nodes.JsonNode)p)],
                        },
                        [FileExpiry.Anchor] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [FileExpiry.OnlyAnchor] },
                        [FileExpiry.Seconds] = new OpenApiSchema
                        {
                            Type = JsonSchemaType.Integer,
                            Minimum = $"{FileExpiry.Shortest}",
                            Maximum = $"{FileExpiry.Longest}",
                            Description = "How long to keep the file.",
                        },
                    },
                },
            },
        },
    };

    private static string ReadPage()
    {
        using var stream = typeof(LisaReference).Assembly.GetManifestResourceStream(Page)
            ?? throw new InvalidOperationException($"{Page} is not in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
