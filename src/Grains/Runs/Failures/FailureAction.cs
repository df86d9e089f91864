namespace LisaOrleans.Grains;

/// <summary>What a run does about a failure.</summary>
internal enum FailureAction
{
    /// <summary>Goes back to the last manifest and repeats the steps since; gives up if that never helps.</summary>
    Retry,

    /// <summary>Asks again for silos; having none is not a failure.</summary>
    WaitForSilos,

    /// <summary>Waits for silos that are large enough; gives up if none come.</summary>
    WaitForRoom,

    /// <summary>Stops until it is started again: only people can put right what is wrong, and the run itself is intact.</summary>
    Pause,

    /// <summary>Ends: repeating cannot help, because what is stored, or what came out, is wrong.</summary>
    Fail,

    /// <summary>Ends as the store says that the run has ended: somebody has stopped it by another activation.</summary>
    Stop,

    /// <summary>Leaves the run to another owner.</summary>
    GiveWay,
}
