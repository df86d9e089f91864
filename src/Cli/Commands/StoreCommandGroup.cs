using System.CommandLine;

namespace LisaOrleans.Cli;

/// <summary>The words of <c>lisa store</c>.</summary>
internal static class StoreCommandGroup
{
    public static Command Create() => new("store", "Look after a store: what is in it, whether it is whole, and what may go.")
    {
        SettingsCommand.Create(
            "list", "List the runs in a store, with their steps and what they take.", StoreSettings.Look, false, StoreCommands.List,
            withEnvironment: true),
        SettingsCommand.Create(
            "sizes", "Show what each run takes, what runs share, and what nothing names.", StoreSettings.Look, false, StoreCommands.Sizes,
            withEnvironment: true),
        SettingsCommand.Create(
            "verify", "Read every blob, and check that everything named is there. Exit code 1 where something is damaged or missing.",
            StoreSettings.Look, false, StoreCommands.Verify, withEnvironment: true),
        SettingsCommand.Create(
            "repair", "Put damaged and missing blobs back from another store that has them.", StoreSettings.Repair, false, StoreCommands.Repair,
            withEnvironment: true),
        SettingsCommand.Create(
            "copy", "Copy a run to another store; the same command goes on where it was interrupted, or brings what is new.", StoreSettings.Copy,
            false, StoreCommands.Copy, new Argument<string>("RUN") { Description = "the run's name in the store" }, withEnvironment: true),
        SettingsCommand.Create(
            "prune", "Delete blobs that nothing names, and with --keep manifests of the past of runs.", StoreSettings.Prune, false,
            StorePruneCommand.Run, withEnvironment: true),
    };
}
