using LisaOrleans.Checkpoints;

namespace LisaOrleans.Client;

/// <summary>Which files of a model folder the cluster needs. Others, such as pickled weights, stay where they are.</summary>
internal static class ModelFiles
{
    /// <summary>Names of those that exist, relative to the folder. The cluster reports what is missing or wrong in them.</summary>
    /// <exception cref="InvalidTrainingInputException">There is no such folder, or its index of weights cannot be read.</exception>
    public static IReadOnlyList<string> Of(string folder)
    {
        if (File.Exists(folder))
            throw new InvalidTrainingInputException($"{folder}: is a file; the Hugging Face model folder that it is in is needed");
        if (!Directory.Exists(folder))
        {
            throw new InvalidTrainingInputException(
                $"{folder}: no such folder; a Hugging Face model folder is needed, such as hf download makes of a model of the hub");
        }

        try
        {
            return [.. ModelFileNames.In(folder), .. WeightFiles.Of(folder).Where(name => File.Exists(Path.Combine(folder, name)))];
        }
        catch (InvalidDataFileException e)
        {
            throw new InvalidTrainingInputException(e.Message);
        }
    }
}
