using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Api;

/// <summary>The API for files, fine-tuning jobs and models, compatible with OpenAI's.</summary>
internal static class LisaApi
{
    public static void AddLisaApi(this IServiceCollection services)
    {
        services.AddSingleton<Idempotency>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<Idempotency>());
        services.AddSingleton<FileCatalog>();
        services.AddSingleton<ModelCatalog>();
        services.AddSingleton<JobCatalog>();
        services.AddSingleton<JobResults>();
        services.AddSingleton<JobReader>();
        services.AddSingleton<JobFactory>();
        services.AddSingleton<JobControl>();
        services.AddSingleton<JobEvents>();
        services.AddSingleton<JobEventStream>();
        services.AddSingleton<JobCheckpoints>();
        services.AddSingleton<JobSources>();
        services.AddSingleton<JobImporter>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<JobImporter>());
        services.AddSingleton<JobFinisher>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<JobFinisher>());
        services.AddHostedService<LostJobs>();
        services.AddSingleton<StoreUpkeep>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<StoreUpkeep>());
    }

    public static void MapLisaApi(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").RefuseQueries();
        FileEndpoints.Map(v1);
        JobEndpoints.Map(v1);
        ModelEndpoints.Map(v1);
    }
}
