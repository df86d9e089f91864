namespace LisaOrleans;

/// <summary>One decoder layer.</summary>
public interface ILayerGrain : IPartGrain;
