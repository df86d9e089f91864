using System.Diagnostics;

namespace LisaOrleans.Deploy.Tests;

/// <summary>Runs deploy/make-secrets.sh.</summary>
internal static class SecretFiles
{
    public static async Task MakeAsync(string folder, params string[] store)
    {
        using var process = Process.Start("bash", [Path.Combine(DeployFiles.Folder, "make-secrets.sh"), folder, .. store]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }
}
