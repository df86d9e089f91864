namespace LisaOrleans.Cli;

/// <summary>What the program's exit codes mean. Also in <c>lisa --help</c>.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    public const int Failed = 1;

    public const int WrongUsageOrInput = 2;

    /// <summary>The run that was watched was cancelled.</summary>
    public const int Cancelled = 3;

    /// <summary>Ctrl-C or SIGTERM; a manifest was saved first.</summary>
    public const int Interrupted = 130;
}
