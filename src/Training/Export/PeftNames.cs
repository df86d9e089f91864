namespace LisaOrleans.Training;

/// <summary>Names of modules in PEFT folders. The way back is <see cref="Checkpoints.AdapterFiles.ModuleName"/>.</summary>
internal static class PeftNames
{
    // Of multimodal models, which have their text model in further modules: as transformers names them today, and before version 4.52.
    private static readonly (string Theirs, string Ours)[] s_prefixes = [("model.language_model.", "model."), ("language_model.", "")];

    /// <summary>The name in the family: of a module, of its last pieces, or of a tensor.</summary>
    public static string InFamily(string name) =>
        s_prefixes.FirstOrDefault(p => name.StartsWith(p.Theirs, StringComparison.Ordinal)) is { Theirs: { } theirs, Ours: { } ours }
            ? ours + name[theirs.Length..]
            : name;
}
