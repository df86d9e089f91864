using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>What is logged about a run.</summary>
internal static partial class RunLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: step {Step} failed; going back to the manifest of step {ManifestStep}")]
    public static partial void Recovering(ILogger logger, Exception exception, string run, long step, long manifestStep);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {Run}: step {Step} was broken off because it had not ended {Seconds} s after the run was told to stop or to move; "
            + "it will be done again")]
    public static partial void BrokenOff(ILogger logger, string run, long step, double seconds);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Run {Run} ends early with step {Step}: the last {Evaluations} evaluations were not better than the best before")]
    public static partial void EndedEarly(ILogger logger, string run, long step, int evaluations);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Run {Run}: {Samples} answers are scored by the model that it begins with, {Known} of which are known")]
    public static partial void Scoring(ILogger logger, string run, int samples, int known);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: {Reason}")]
    public static partial void ReferenceDamaged(ILogger logger, Exception exception, string run, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run}: work is shared out anew, because silos are not equally fast: {Speeds}")]
    public static partial void EveningOut(ILogger logger, string run, string speeds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {Run}: from here on its bits are those of no single kind of processor or GPU, because these have computed it: "
            + "{Kinds}")]
    public static partial void MixedKinds(ILogger logger, string run, string kinds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} is no longer worked on here: {Reason}")]
    public static partial void Replaced(ILogger logger, string run, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} goes on from {Silo}, which reaches the store, as this silo does not")]
    public static partial void CutOff(ILogger logger, Exception exception, string run, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} is left alone: {Reason}")]
    public static partial void Held(ILogger logger, string run, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run} is paused, and the manifest of step {ManifestStep} holds: {Reason}")]
    public static partial void Paused(ILogger logger, Exception exception, string run, long manifestStep, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {Run} is {State} as it was told to be, and the manifest of step {ManifestStep} holds: {Reason}")]
    public static partial void Stopped(ILogger logger, Exception exception, string run, RunState state, long manifestStep, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run} failed: {Reason}")]
    public static partial void Failed(ILogger logger, Exception exception, string run, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: its head could not be read")]
    public static partial void HeadUnknown(ILogger logger, Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: the store could not be told that it waits for silos")]
    public static partial void WaitLost(ILogger logger, Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: the store could not be told that it was let go of")]
    public static partial void LetGoLost(ILogger logger, Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run}: the store could not be told that it is {State}")]
    public static partial void StateLost(ILogger logger, Exception exception, string run, RunState state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: not all parts could be told to free their memory")]
    public static partial void NotReleased(ILogger logger, Exception exception, string run);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {Run}: {Silo}, which has come, could not load what it needs to be taken in; it is tried again after {Seconds:0} s")]
    public static partial void NotLoadedAhead(ILogger logger, Exception exception, string run, string silo, double seconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {Run} may not fit the memory that its silos found; lisa plan says what it needs, and lisa silo --memory-gb sets "
            + "what a silo offers")]
    public static partial void LittleRoom(ILogger logger, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} goes on without {Silo}, which is tried again after {Seconds:0} s")]
    public static partial void LeftOut(ILogger logger, string run, string silo, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: replaced blobs could not be deleted")]
    public static partial void NotCollected(ILogger logger, Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: its reminder could not be removed")]
    public static partial void NotForgotten(ILogger logger, Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run}: the reminder that wakes it had been lost, and is registered again")]
    public static partial void Reminded(ILogger logger, string run);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Run {Run}: its reminder could not be looked for: {Reason}")]
    public static partial void NotReminded(ILogger logger, string run, string reason);
}
