using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>The evaluation data are not what they should be, while nothing is wrong with the training data.</summary>
public sealed class EvalDatasetException : DatasetException
{
    private EvalDatasetException(string message)
        : base(message)
    {
    }

    /// <summary>Reads evaluation data.</summary>
    /// <exception cref="EvalDatasetException">They are not what they should be.</exception>
    /// <exception cref="MissingChatTemplateException">They are chats, and nothing says how to write these.</exception>
    internal static async Task<T> Of<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (DatasetException e) when (e is not MissingChatTemplateException)
        {
            throw new EvalDatasetException(e.Message);
        }
    }
}
