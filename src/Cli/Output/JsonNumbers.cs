namespace LisaOrleans.Cli;

/// <summary>Numbers for JSON, which cannot express NaN or infinity.</summary>
internal static class JsonNumbers
{
    /// <summary>The number; null where it is none.</summary>
    public static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
