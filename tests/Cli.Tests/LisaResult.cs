namespace LisaOrleans.Cli.Tests;

/// <summary>How the program ended and what it said.</summary>
internal sealed record LisaResult(int ExitCode, string Output, string Error);
