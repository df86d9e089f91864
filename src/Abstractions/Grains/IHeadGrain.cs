namespace LisaOrleans;

/// <summary>Final norm, language-model head and loss; the last part.</summary>
public interface IHeadGrain : IPartGrain;
