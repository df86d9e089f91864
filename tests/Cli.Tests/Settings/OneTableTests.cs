using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using LisaOrleans.Training;

namespace LisaOrleans.Cli.Tests;

/// <summary>A setting is declared once: a property with its attribute is all that it takes.</summary>
public sealed partial class OneTableTests
{
    // The first describes the data's settings, the second makes no difference, the next four say how old a run is; the others come with
    // an adapter.
    private static readonly string[] s_noSettings =
    [
        nameof(TrainingSpec.DataDescription), nameof(TrainingSpec.PadTokenId), nameof(TrainingSpec.RandomKeysByStep),
        nameof(TrainingSpec.RoundsInPieces), nameof(TrainingSpec.KeepsSmallMoments), nameof(TrainingSpec.RevisedUpdates),
        nameof(TrainingSpec.DecaysSinks), nameof(TrainingSpec.NoPaddingGradient),
        nameof(TrainingSpec.LoraRankPattern), nameof(TrainingSpec.LoraAlphaPattern),
    ];

    private static IEnumerable<PropertyInfo> Properties =>
        ((Type[])[typeof(TrainingSpec), typeof(DatasetSettings)]).SelectMany(t => t.GetProperties()).Where(p => p.CanWrite);

    [Fact]
    public void Table_has_every_property_with_its_initialiser_as_default()
    {
        Assert.Equal(Properties.Select(p => p.Name).Except(s_noSettings).Order(), RunSettings.Table.All.Select(s => s.Property).Order());
        var (spec, data) = (new TrainingSpec { RunName = TrainingSpec.DefaultRunName }, new DatasetSettings());
        Assert.All(RunSettings.Table.All, s =>
        {
            Assert.Equal(s.Get(s.Record == typeof(TrainingSpec) ? spec : data), s.Default);
            Assert.Equal(s, RunSettings.Table.Find(s.Name));
            Assert.DoesNotMatch("^[A-Z][a-z]|\\.$", s.Help.Replace("AdamW", "", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Parse_text_and_json_of_every_setting_give_the_same_value()
    {
        foreach (var setting in RunSettings.Table.All)
        {
            var (text, json) = Sample(setting);
            var (one, other) = (new GivenSettings(), new GivenSettings());
            one.Set(setting, setting.Parse(text));
            other.Set(setting, setting.Parse(JsonDocument.Parse(json).RootElement));
            Assert.Equal(Write(one), Write(other));
            Assert.NotEqual(Write(new GivenSettings()), Write(one));
            Assert.Throws<InvalidTrainingSettingException>(() => setting.Parse(JsonDocument.Parse("{}").RootElement));

            // A list, and a word that may be a number, is understood as people write it, too.
            if (setting.IsFile || !(setting.IsList || setting.Kind == SettingKind.Text)) continue;
            other.Set(setting, setting.Parse(JsonSerializer.SerializeToElement(text)));
            Assert.Equal(Write(one), Write(other));
        }

        static string Write(GivenSettings given) =>
            JsonSerializer.Serialize(given.Into(new TrainingSpec { RunName = "default" }))
                + JsonSerializer.Serialize(given.Into(new DatasetSettings()));
    }

    [Fact]
    public void ReadDescription_is_what_was_described()
    {
        var given = new GivenSettings();
        Assert.Equal(new DatasetSettings(), RunSettings.Table.ReadDescription(""));
        foreach (var setting in RunSettings.Table.All.Where(s => s.Record == typeof(DatasetSettings)))
        {
            given.Set(setting, setting.Parse(Sample(setting).Text));
            var described = RunSettings.Table.Describe(given.Into(new DatasetSettings()));
            Assert.Equal(described, RunSettings.Table.Describe(RunSettings.Table.ReadDescription(described)));
        }
    }

    [Fact]
    public void Parse_list_with_a_comma_in_an_item_is_refused() => Assert.Contains(
        "has an item with a comma, 'q_proj,v_proj'; make it several items",
        Assert.Throws<InvalidTrainingSettingException>(
            () => RunSettings.Table.Find("lora_target_modules")!.Parse(JsonDocument.Parse("[\"q_proj,v_proj\"]").RootElement)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", false)]
    [InlineData("10", false)]
    [InlineData("1e1", false)]
    [InlineData("0.5x", false)]
    [InlineData("half", false)]
    [InlineData("0.1", true)]
    [InlineData(".05", true)]
    [InlineData("1E-05", true)]
    [InlineData("test", true)]
    public void Parse_validation_split_is_a_share_or_the_name_of_a_split(string text, bool isOne)
    {
        var setting = RunSettings.Table.Find("validation_split")!;
        if (isOne) Assert.Equal(text, setting.Parse(text));
        else Assert.EndsWith(
            $"is '{text}'; it must be a share between 0 and 1, such as 0.1, or a split of the folder: train, validation, test",
            Assert.Throws<InvalidTrainingSettingException>(() => setting.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_names_of_other_trainers_are_none_of_ours_and_unique()
    {
        var own = KnownSettings.All.Select(s => s.Key).ToHashSet();
        var foreign = KnownSettings.All.SelectMany(s => s.Aliases.Concat(s.Instead)).ToArray();
        Assert.DoesNotContain(foreign, own.Contains);
        Assert.Equal(foreign.Length, foreign.Distinct().Count());
    }

    [Fact]
    public void Table_is_the_only_list_of_settings()
    {
        var names = RunSettings.Table.All.Select(s => s.Property).ToHashSet();
        var keys = RunSettings.Table.All.Select(s => s.Name).ToHashSet();

        // The last is the whole algorithm on one page, which uses what it names.
        string[] declare = [$"{nameof(TrainingSpec)}.cs", $"{nameof(TrainingSpec)}.Methods.cs", $"{nameof(DatasetSettings)}.cs", $"{nameof(ReferenceTrainer)}.cs"];
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            if (declare.Contains(Path.GetFileName(file)) || file.Contains("/obj/", StringComparison.Ordinal)) continue;
            var words = Word().Matches(File.ReadAllText(file)).Select(m => m.Value).ToHashSet();

            // Common words, such as Seed, do not count as mentions, and a file that mentions a few settings is no list.
            var mentioned = words.Where(w => (names.Contains(w) && w.Skip(1).Any(char.IsUpper)) || (keys.Contains(w) && w.Contains('_'))).ToArray();
            Assert.True(mentioned.Length <= names.Count / 3, $"{file} lists settings: {string.Join(", ", mentioned)}");
        }
    }

    private static (string Text, string Json) Sample(TrainingSetting setting) => setting.Kind switch
    {
        SettingKind.Flag => Both(setting.Default is true ? "false" : "true"),
        SettingKind.Integers => ("0,3", "[0, 3]"),
        SettingKind.Names => ("a,b", "[\"a\", \"b\"]"),
        SettingKind.Integer => Both("7"),
        SettingKind.Number => Both("0.375"),
        _ when setting.Property == nameof(TrainingSpec.Replicas) => Both("3"),
        _ when setting.Property == nameof(DatasetSettings.ValidationSplit) => Both("0.25"),
        _ when setting.Property == nameof(TrainingSpec.KeepManifests) => ("2,best:loss", "\"2,best:loss\""),
        _ => (setting.Choices?[^1] ?? "other", $"\"{setting.Choices?[^1] ?? "other"}\""),
    };

    private static (string Text, string Json) Both(string text) => (text, text);

    [GeneratedRegex("[A-Za-z0-9_]+")]
    private static partial Regex Word();
}
