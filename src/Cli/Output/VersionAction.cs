using System.CommandLine;
using System.CommandLine.Invocation;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary><c>lisa --version</c>: the version by which silos know each other.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(SiloVersion.Own);
        return ExitCodes.Done;
    }
}
