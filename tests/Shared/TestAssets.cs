namespace LisaOrleans.Tests;

/// <summary>
/// Finds the real models, tokenizers and data sets that live beside the project and are never part of it.
/// A test that wants one calls <see cref="Require"/>; where the file is absent that test is skipped, which the
/// test report counts and names.
/// </summary>
internal static class TestAssets
{
    /// <summary>The folder named by LISA_TEST_ASSETS, else ../shared/assets beside the repository.</summary>
    public static string Root { get; } = Path.GetFullPath(
        Environment.GetEnvironmentVariable("LISA_TEST_ASSETS") is { Length: > 0 } named
            ? named
            : Path.Combine(Repository.Root, "..", "shared", "assets"));

    /// <summary>The full path of an asset, or a skipped test if it is not there.</summary>
    public static string Require(params string[] relative)
    {
        var path = Path.Combine([Root, .. relative]);
        Assert.SkipUnless(
            File.Exists(path) || Directory.Exists(path),
            $"test asset not found: {path} (set LISA_TEST_ASSETS to the folder of assets)");
        return path;
    }
}
