namespace LisaOrleans;

/// <summary>Token embedding; the first part.</summary>
public interface IEmbeddingGrain : IPartGrain;
