using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>
/// Which part of the data is read: in folders with files named after splits, the files of one split; of any data, maybe only a
/// share.
/// </summary>
public sealed record DataSplit
{
    /// <summary>What is trained on.</summary>
    public static DataSplit Train { get; } = new() { Name = "train" };

    /// <summary>What is only scored: validation, else test.</summary>
    public static DataSplit Evaluation { get; } = new() { Name = "validation", OrTest = true };

    /// <value>train, validation or test.</value>
    public required string Name { get; init; }

    /// <value>Whether test may stand in where there is no such split.</value>
    public bool OrTest { get; init; }

    /// <value>Whether data that name no such split are refused, rather than read as a whole. Default false.</value>
    public bool IsRequired { get; init; }

    /// <value>Share of the records that is held out of training; 0 for none.</value>
    public double HeldOut { get; init; }

    /// <value>Whether the share that is held out is read, or the rest.</value>
    public bool IsHeldOut { get; init; }

    /// <summary>What is trained on and what is scored: the two parts that --validation-split makes of the training data.</summary>
    /// <param name="validationSplit">A share, or a split's name; null where it is not given.</param>
    /// <exception cref="DatasetException">It is neither.</exception>
    public static (DataSplit Train, DataSplit Evaluation) Of(string? validationSplit)
    {
        if (validationSplit is null) return (Train, Evaluation);
        if (DataSplits.Names.Contains(validationSplit)) return (Train, new DataSplit { Name = validationSplit, IsRequired = true });
        return double.TryParse(validationSplit, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1
            ? (Train with { HeldOut = share }, Train with { HeldOut = share, IsHeldOut = true })
            : throw new DatasetException(
                $"validation_split is '{validationSplit}'; it must be a share between 0 and 1, such as 0.1, or a split of the folder: "
                    + $"{string.Join(", ", DataSplits.Names)}");
    }
}
