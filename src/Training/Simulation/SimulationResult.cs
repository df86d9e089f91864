namespace LisaOrleans.Training;

/// <summary>How a simulated run went.</summary>
public sealed record SimulationResult
{
    /// <value>How long it took, in seconds.</value>
    public required double Seconds { get; init; }

    /// <value>Steps that are done.</value>
    public required long Steps { get; init; }

    /// <value>Committed steps that were lost and done again.</value>
    public required long LostSteps { get; init; }

    /// <value>Steps that silos which know of every change at once, and move for nothing, would have done meanwhile.</value>
    public required double PossibleSteps { get; init; }

    /// <value>Machines that went without a word.</value>
    public required int Kills { get; init; }

    /// <value>Machines that were told first.</value>
    public required int Notices { get; init; }

    /// <value>Machines that came.</value>
    public required int Joins { get; init; }

    /// <value>Generations that began after a failure.</value>
    public required int Recoveries { get; init; }

    /// <value>Generations that began because others were better placed for the run.</value>
    public required int Moves { get; init; }

    /// <value>Manifests.</value>
    public required int Saves { get; init; }

    /// <value>Machines times hours.</value>
    public required double MachineHours { get; init; }

    /// <value>The longest time without room for the run, in seconds. A run waits until there is some.</value>
    public required double LongestWait { get; init; }

    /// <value>Seconds of each kind; they add up to all.</value>
    public required IReadOnlyDictionary<SimulatedTime, double> Spent { get; init; }

    /// <value>Steps done of those that were possible.</value>
    public double Share => PossibleSteps > 0 ? Steps / PossibleSteps : 0;
}
