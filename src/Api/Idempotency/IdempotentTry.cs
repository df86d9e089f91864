namespace LisaOrleans.Api;

/// <summary>A try at what a request asks for.</summary>
/// <param name="Id">The id of what it makes.</param>
/// <param name="IsAgain">Whether one before it may have done it already, without having been able to answer.</param>
internal readonly record struct IdempotentTry(string Id, bool IsAgain);
