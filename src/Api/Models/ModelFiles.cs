using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Api;

/// <summary>Reads the folders of base models. A file that cannot be read is the model's fault: the store has nothing to do with it.</summary>
internal static class ModelFiles
{
    /// <summary>Reads something in a model's folder.</summary>
    /// <exception cref="InvalidDataFileException">A file is not what it should be, or cannot be read.</exception>
    /// <exception cref="ModelConfigException">config.json is missing or wrong.</exception>
    public static T Read<T>(string folder, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException and not (InvalidDataFileException or ModelConfigException)))
        {
            throw new InvalidDataFileException(folder, $"a file of the model cannot be read: {e.Message}");
        }
    }
}
