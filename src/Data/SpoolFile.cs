using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace LisaOrleans.Data;

/// <summary>
/// A temporary file that grows and is then mapped, so that a data set may be larger than memory. It is gone with its
/// process, however that ends.
/// </summary>
internal sealed class SpoolFile : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly FileStream _file;
    private MemoryMappedFile? _mapped;
    private MemoryMappedViewAccessor? _view;

    public SpoolFile()
    {
        var path = Path.Combine(Path.GetTempPath(), $"lisa-tokens-{Guid.NewGuid():N}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.DeleteOnClose,
            BufferSize = BufferBytes,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            _file = new FileStream(path, options);

            // An open file without a name disappears with the last process that has it open.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
        }
        catch (Exception e) when (TemporaryFolderException.Is(e))
        {
            throw new TemporaryFolderException(e);
        }
    }

    public long Length => _file.Length;

    /// <summary>Adds values.</summary>
    /// <exception cref="TemporaryFolderException">There is no room for them.</exception>
    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        try
        {
            _file.Write(MemoryMarshal.AsBytes(values));
        }
        catch (Exception e) when (TemporaryFolderException.Is(e))
        {
            throw new TemporaryFolderException(e);
        }
    }

    /// <summary>Copies all bytes.</summary>
    public void CopyTo(Stream target)
    {
        Flush();
        _file.Position = 0;
        _file.CopyTo(target, BufferBytes);
    }

    /// <summary>What was written, as memory; nothing more can be written.</summary>
    /// <exception cref="TemporaryFolderException">There is no room for it.</exception>
    public unsafe ReadOnlyMemory<T> Map<T>()
        where T : unmanaged
    {
        Flush();
        _mapped = MemoryMappedFile.CreateFromFile(_file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        return new MappedMemory<T>((nint)start, checked((int)(_file.Length / sizeof(T)))).Memory;
    }

    public void Dispose()
    {
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }

        _mapped?.Dispose();
        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            // There was no room for its last bytes, which was already reported; the file is gone anyway.
        }
    }

    private void Flush()
    {
        try
        {
            _file.Flush();
        }
        catch (Exception e) when (TemporaryFolderException.Is(e))
        {
            throw new TemporaryFolderException(e);
        }
    }
}
