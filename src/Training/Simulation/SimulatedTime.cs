namespace LisaOrleans.Training;

/// <summary>What a simulated run spends its time on.</summary>
public enum SimulatedTime
{
    /// <summary>Steps that count.</summary>
    Training,

    /// <summary>Steps that were lost, or broken off, and had to be done again.</summary>
    Repeated,

    /// <summary>Nobody knows yet that a machine is gone.</summary>
    Detecting,

    /// <summary>A new generation begins: parts move, and load.</summary>
    Loading,

    /// <summary>Training pauses for a manifest.</summary>
    Saving,

    /// <summary>There are too few machines for the run.</summary>
    Waiting,
}
