using System.Text.Json.Serialization;

namespace LisaOrleans.Api;

/// <summary>The body of every answer whose status is 400 or more.</summary>
/// <param name="Error">What went wrong.</param>
public sealed record ApiErrorBody([property: JsonPropertyName("error")] ApiError Error);
