using LisaOrleans.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LisaOrleans.Api;

/// <summary>Adds what <see cref="CompletionEndpoints"/> needs.</summary>
public static class InferenceServiceCollectionExtensions
{
    /// <summary>
    /// Adds the models of a folder and of the store's finished runs, for completions. The services must also have the store,
    /// and may have another <see cref="IModelCatalog"/>.
    /// </summary>
    /// <exception cref="DatasetException">The options name a chat template that does not exist.</exception>
    public static IServiceCollection AddLisaInference(this IServiceCollection services, InferenceOptions options)
    {
        if (options.Template != ChatTemplates.Auto) _ = ChatTemplates.Get(options.Template);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(options);
        services.TryAddSingleton<IModelCatalog, ServableModelCatalog>();
        services.TryAddSingleton<ModelPool>();
        services.TryAddSingleton<CompletionService>();
        return services;
    }
}
