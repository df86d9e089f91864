namespace LisaOrleans.Api;

/// <summary>Says which model a name means.</summary>
public interface IModelCatalog
{
    /// <summary>The model of a name as a request gives it, which may be anything; null if there is none.</summary>
    Task<ServableModel?> FindAsync(string name, CancellationToken cancellationToken);
}
