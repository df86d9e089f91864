using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LisaOrleans.Cluster.Tests;

/// <summary>The commands of pages as one script, which ends at the first that fails.</summary>
internal static partial class PageScript
{
    private const int Interrupted = 130;

    /// <summary>
    /// The script. Commands stand in it as they stand on the page; a block is left out if others before it have all its commands, word for
    /// word.
    /// </summary>
    public static string Of(IEnumerable<PageBlock> blocks)
    {
        var script = new StringBuilder("set -euo pipefail\nip link set lo up\n");
        var commands = new HashSet<string>();
        foreach (var block in blocks)
        {
            if (block.Commands.All(commands.Contains)) continue;
            commands.UnionWith(block.Commands);
            script.Append(CultureInfo.InvariantCulture, $"echo \"== $(date +%T) {block.Page}\"\n");
            foreach (var command in block.Commands) script.Append(Line(command));
        }

        return script.ToString();
    }

    // What serves a page until it ends is left by Ctrl-C once the page is there. (A shell's background processes are deaf to SIGINT.)
    private static string Line(string command) =>
        HttpPort().Match(command) is { Success: true } server && !command.EndsWith('&')
            ? $$"""
              {{command}} & server=$!
              curl --retry 60 --retry-connrefused --retry-delay 1 -sf http://127.0.0.1:{{server.Groups[1].Value}}/ >/dev/null
              kill -TERM $server
              wait $server || test $? = {{Interrupted}}

              """
            : command + "\n";

    [GeneratedRegex(@"--http-port (\d+)")]
    private static partial Regex HttpPort();
}
