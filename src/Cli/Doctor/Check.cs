namespace LisaOrleans.Cli;

/// <summary>What <c>lisa doctor</c> found out about one thing.</summary>
/// <param name="Subject">The thing.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Finding">What it is, in a line.</param>
/// <param name="Remedy">What to do about it; null if there is nothing to do.</param>
internal sealed record Check(string Subject, Verdict Verdict, string Finding, string? Remedy = null);
