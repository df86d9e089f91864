namespace LisaOrleans.Grains;

/// <summary>The life of a silo as its cluster sees it.</summary>
public enum MemberState
{
    /// <summary>Starting.</summary>
    Joining,

    /// <summary>Working.</summary>
    Active,

    /// <summary>Stopping in an orderly way.</summary>
    Leaving,

    /// <summary>Ended, or presumed dead.</summary>
    Dead,
}
