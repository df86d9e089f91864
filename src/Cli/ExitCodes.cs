namespace LisaOrleans.Cli;

/// <summary>What the program's exit codes mean. Also in <c>lisa --help</c>.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    public const int Failed = 1;

    public const int WrongUsageOrInput = 2;

    /// <summary>The run that was watched or trained was cancelled.</summary>
    public const int Cancelled = 3;

    /// <summary>The terminal has hung up (SIGHUP); training ends with <see cref="Interrupted"/>.</summary>
    public const int HungUp = 129;

    /// <summary>Ctrl-C; of training also SIGTERM and SIGHUP: a manifest was saved first.</summary>
    public const int Interrupted = 130;

    /// <summary>SIGTERM; training ends with <see cref="Interrupted"/>.</summary>
    public const int Terminated = 143;
}
