using LisaOrleans;
using LisaOrleans.Client;
using Microsoft.AspNetCore.Diagnostics;

/// <summary>The client's typed errors as HTTP statuses.</summary>
internal static class ErrorResponses
{
    public static async Task WriteAsync(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var status = error switch
        {
            RunNotFoundException => StatusCodes.Status404NotFound,
            RunExistsException or RunEndedException => StatusCodes.Status409Conflict,
            InvalidTrainingSettingException or InvalidTrainingInputException => StatusCodes.Status400BadRequest,
            ClusterUnavailableException => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };
        await Results.Problem(error is LisaException ? error.Message : null, statusCode: status).ExecuteAsync(context);
    }
}
