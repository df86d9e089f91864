namespace LisaOrleans.Tests;

/// <summary>
/// A program that stands on a page of docs/ and, between the comments <c>page</c> and <c>end of page</c>, in the test that
/// runs it.
/// </summary>
internal static class PageProgram
{
    /// <summary>The program as it stands in a test's source.</summary>
    public static string[] OfTest(string source) => Lines(File.ReadAllText(source).Split("// page\n")[1].Split("// end of page")[0]);

    /// <summary>A text's lines without indentation and empty ones.</summary>
    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
