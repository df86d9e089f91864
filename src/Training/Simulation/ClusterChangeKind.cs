namespace LisaOrleans.Training;

/// <summary>What happens to a machine.</summary>
public enum ClusterChangeKind
{
    /// <summary>Its silo has joined.</summary>
    Join,

    /// <summary>It is gone without a word.</summary>
    Kill,

    /// <summary>It is told that it will be taken away.</summary>
    Notice,
}
