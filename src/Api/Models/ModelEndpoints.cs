using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LisaOrleans.Api;

/// <summary><c>/v1/models</c>.</summary>
internal static class ModelEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/models").WithTags("Models");
        models.MapGet("", async (HttpContext context, ModelCatalog catalog) => Results.Json(
                new ApiList<ModelObject> { Data = [.. (await catalog.ListAsync(context.RequestAborted)).Select(ModelObject.From)] }, ApiJson.Options))
            .WithSummary("List base models and fine-tuned models.").Produces<ApiList<ModelObject>>().ProducesApiErrors();
        models.MapGet("/{model}", async (string model, HttpContext context, ModelCatalog catalog) =>
                Results.Json(ModelObject.From(await catalog.GetAsync(model, context.RequestAborted)), ApiJson.Options))
            .WithSummary("A model.").Produces<ModelObject>().ProducesApiErrors(StatusCodes.Status404NotFound);
        models.MapDelete("/{model}", async (string model, HttpContext context, ModelCatalog catalog) =>
            {
                await catalog.DeleteAsync(model, context.RequestAborted);
                return Results.Json(new DeletedObject(model, "model"), ApiJson.Options);
            })
            .WithSummary("Delete a fine-tuned model.").Produces<DeletedObject>().ProducesApiErrors(StatusCodes.Status404NotFound);
    }
}
