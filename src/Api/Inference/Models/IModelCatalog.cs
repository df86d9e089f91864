namespace LisaOrleans.Api;

/// <summary>Says which model a name means.</summary>
public interface IModelCatalog
{
    /// <summary>The model with a name from a request, which may be any text; null if there is none.</summary>
    Task<ServableModel?> FindAsync(string name, CancellationToken cancellationToken);
}
