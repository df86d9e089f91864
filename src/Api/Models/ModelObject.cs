namespace LisaOrleans.Api;

/// <summary>OpenAI's model object.</summary>
public sealed record ModelObject
{
    /// <value>A folder's name, or <c>ft:…</c>.</value>
    public required string Id { get; init; }

    /// <value>Always <c>model</c>.</value>
    public string Object => "model";

    /// <value>Unix time in seconds.</value>
    public required long Created { get; init; }

    /// <value><c>system</c> for base models, <c>lisa</c> for fine-tuned ones.</value>
    public required string OwnedBy { get; init; }

    internal static ModelObject From(CatalogModel model) => new()
    {
        Id = model.Id,
        Created = model.Created.ToUnixTimeSeconds(),
        OwnedBy = model.Run is null ? "system" : ModelIds.Owner,
    };
}
