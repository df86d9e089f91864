namespace LisaOrleans.Tests;

/// <summary>A fresh folder that is deleted with everything in it when the test ends.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder() => Root = Directory.CreateTempSubdirectory("lisa-test-").FullName;

    public string Root { get; }

    public string this[string relative] => Path.Combine(Root, relative);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
