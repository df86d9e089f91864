namespace LisaOrleans.Cluster;

/// <summary>What a schedule may do to a cluster.</summary>
internal enum ChaosAction
{
    /// <summary>SIGKILL to a random silo; a new process takes its place.</summary>
    Kill,

    /// <summary>SIGKILL to the silo that the run's own grain is on.</summary>
    KillOwner,

    /// <summary>SIGKILL to one silo, and to a second while the cluster recovers from the first.</summary>
    KillInRecovery,

    /// <summary>SIGSTOP for longer than the detection takes, then SIGCONT.</summary>
    Freeze,

    /// <summary>SIGSTOP for a moment.</summary>
    Stutter,

    /// <summary>SIGTERM: the silo moves everything away and ends; later it comes back.</summary>
    Leave,

    /// <summary>A preemption notice: as SIGTERM, but by the cloud's word.</summary>
    Preempt,

    /// <summary>One more silo, for good, up to six.</summary>
    Join,

    /// <summary>Redis is killed and comes back with its data.</summary>
    RestartRedis,

    /// <summary>The blob service ends and comes back with its data.</summary>
    RestartAzurite,

    /// <summary>503, 409, 412, flipped bytes and lost answers from the blob service.</summary>
    BlobFaults,

    /// <summary>SIGKILL to all silos at once, and Redis loses everything.</summary>
    LoseAll,
}
