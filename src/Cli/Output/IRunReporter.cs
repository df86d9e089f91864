namespace LisaOrleans.Cli;

/// <summary>Shows a run to whoever started it. Calls come one at a time.</summary>
internal interface IRunReporter : IDisposable
{
    /// <summary>Prints a line.</summary>
    void Say(string line);

    /// <summary>What is known of a run that is watched, before its first event: those of a fork begin with steps of its parent.</summary>
    void Expect(long totalSteps, int layerCount);

    /// <summary>The run has been loaded.</summary>
    void Started(RunStarted started, int layerCount);

    /// <summary>Another event. <paramref name="remaining"/> is in seconds.</summary>
    void Happened(TrainingEvent happened, double remaining);

    /// <summary>A text that the model wrote.</summary>
    void Sample(string when, string prompt, string text);
}
