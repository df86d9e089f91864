namespace LisaOrleans.Model;

/// <summary>What a feed-forward block applies to each of its inner numbers.</summary>
public enum Activation
{
    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>x · Φ(x), with the exact Φ.</summary>
    Gelu,

    /// <summary>The same with the tanh approximation of Φ.</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,
}
