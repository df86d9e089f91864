using LisaOrleans.Api;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Dashboard;

/// <summary>What a page knows of a run.</summary>
/// <param name="View">The name of the memory that its knowledge came from; null if it knows nothing.</param>
/// <param name="Stride">Steps per point of the curve.</param>
/// <param name="Step">The last step.</param>
/// <param name="PeriodStride">Periods per column of the map.</param>
/// <param name="Period">The last period.</param>
/// <param name="Entry">The last event.</param>
internal sealed record RunQuestion(string? View, long Stride, long Step, long PeriodStride, long Period, long Entry)
{
    /// <summary>Reads the query of a request; what is left out is not known.</summary>
    /// <exception cref="ApiException">A value is no number, or something else is given.</exception>
    public static RunQuestion From(HttpRequest request)
    {
        ApiQuery.Allow(request, "view", "stride", "step", "periodStride", "period", "entry");
        return new RunQuestion(
            ApiQuery.One(request, "view"), Number("stride"), Number("step"), Number("periodStride"),
            ApiQuery.Integer(request, "period", -1) ?? -1, Number("entry"));

        long Number(string name) => ApiQuery.Integer(request, name, 0) ?? 0;
    }
}
