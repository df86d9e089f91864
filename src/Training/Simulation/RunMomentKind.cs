namespace LisaOrleans.Training;

/// <summary>What happens in a simulated run.</summary>
public enum RunMomentKind
{
    /// <summary>A generation has loaded its parts.</summary>
    Loaded,

    /// <summary>A step was committed.</summary>
    Committed,

    /// <summary>A manifest was committed.</summary>
    Saved,

    /// <summary>The run went back to a manifest.</summary>
    WentBack,
}
