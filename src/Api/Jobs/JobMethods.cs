namespace LisaOrleans.Api;

/// <summary>The values of <see cref="JobMethod.Type"/>.</summary>
internal static class JobMethods
{
    public const string Supervised = "supervised";
    public const string Lisa = "lisa";
    public const string Full = "full";
}
