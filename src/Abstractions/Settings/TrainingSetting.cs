using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace LisaOrleans;

/// <summary>One setting of a run: a row of <see cref="TrainingSettings"/>, read from its property's attributes.</summary>
public sealed class TrainingSetting
{
    private readonly PropertyInfo _property;
    private readonly Type _type;
    private readonly SettingRange? _range;
    private readonly RegularExpressionAttribute? _pattern;

    internal TrainingSetting(
        PropertyInfo property, SettingAttribute said, object record, Func<string, IReadOnlyList<string>?> registries)
    {
        _property = property;
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        _range = property.GetCustomAttribute<RangeAttribute>() is { } range ? new SettingRange(range) : null;
        _pattern = property.GetCustomAttribute<RegularExpressionAttribute>();
        Name = said.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
        Help = said.Help;
        Group = said.Group;
        Default = property.GetValue(record);
        DefaultText = said.DefaultText ?? (SettingText.Format(Default) is { Length: > 0 } text ? text : null);
        Choices = said.Choices ?? (said.ChoicesOf is { } registry ? registries(registry) : null);
        BodyField = said.BodyField;
        IsFile = said.IsFile;
        ChangesNoBit = said.ChangesNoBit;
        SameBits = said.SameBits;
        LeftOutAs = said.LeftOutAs;
        (Aliases, Instead) = (said.Aliases, said.Instead);
        Kind = _type == typeof(string) ? SettingKind.Text
            : _type == typeof(bool) ? SettingKind.Flag
            : _type == typeof(double) ? SettingKind.Number
            : _type == typeof(IReadOnlyList<int>) ? SettingKind.Integers
            : _type == typeof(IReadOnlyList<string>) ? SettingKind.Names
            : SettingKind.Integer;
        IsList = said.IsList || (!IsFile && Kind is (SettingKind.Integers or SettingKind.Names));
    }

    /// <summary>Its name in snake case, as in a settings file.</summary>
    public string Name { get; }

    /// <summary>Its flag, with the dashes.</summary>
    public string Flag => "--" + Name.Replace('_', '-');

    /// <summary>The property's name.</summary>
    public string Property => _property.Name;

    /// <summary>What it is, in one line; other settings as <c>{max_steps}</c>.</summary>
    public string Help { get; }

    /// <summary>The heading that it is listed under.</summary>
    public string Group { get; }

    /// <summary>What its value looks like.</summary>
    public SettingKind Kind { get; }

    /// <summary>What it is where nobody sets it.</summary>
    public object? Default { get; }

    /// <summary>The default as one would write or say it; null for none.</summary>
    public string? DefaultText { get; }

    /// <summary>The allowed words; null for any.</summary>
    public IReadOnlyList<string>? Choices { get; }

    /// <summary>Its field in the body of a fine-tuning job; null for one of the hyperparameters, empty where it has none.</summary>
    public string? BodyField { get; }

    /// <summary>Whether flags and settings files name a file with the values, one on each line, instead of the values.</summary>
    public bool IsFile { get; }

    /// <summary>Whether settings files may write it as a list.</summary>
    public bool IsList { get; }

    /// <summary>Whether a run may be resumed with another value.</summary>
    public bool ChangesNoBit { get; }

    /// <summary>Words with which a run comes to the same result: it may be resumed with any other of these.</summary>
    public IReadOnlyList<string> SameBits { get; }

    /// <summary>The value by which other trainers leave it out; null for none.</summary>
    public string? LeftOutAs { get; }

    /// <summary>Names of other trainers that mean the very same.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>Names of other trainers that mean something near, and are answered with this setting.</summary>
    public IReadOnlyList<string> Instead { get; }

    /// <summary>Whether some of its words are numbers, which JSON may then have as such.</summary>
    public bool MayBeNumber => Kind == SettingKind.Text && _pattern is not null;

    /// <summary>What a value must be, to follow "it must be".</summary>
    public string Wanted => Choices is { } words ? $"one of {string.Join(", ", words)}" : Kind switch
    {
        SettingKind.Flag => "true or false",
        SettingKind.Integers when IsFile => "a file with a whole number of at least 0 on each line; over HTTP a list of them",
        SettingKind.Integers => "whole numbers of at least 0, separated by commas, such as 0,3,5",
        SettingKind.Names => "names separated by commas",
        SettingKind.Integer => _range is null ? $"a whole number from 0 to {ulong.MaxValue}" : $"a whole number {_range}",
        SettingKind.Number => _range is null ? "a number" : $"a number {_range}",
        _ => _pattern?.ErrorMessage ?? "a text",
    };

    /// <summary>The record that it is a property of.</summary>
    public Type Record => _property.DeclaringType!;

    /// <summary>A value as one would write it; empty for null.</summary>
    /// <param name="value">Of the property's type.</param>
    public static string Format(object? value) => SettingText.Format(value);

    /// <summary>Its value in a record.</summary>
    /// <param name="record">A <see cref="TrainingSpec"/> or <see cref="DatasetSettings"/>, whichever it belongs to.</param>
    public object? Get(object record) => _property.GetValue(record);

    /// <summary>Reads a value as people write it.</summary>
    /// <param name="text">What was written.</param>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidTrainingSettingException">It is none, or not within the limits.</exception>
    public object Parse(string text)
    {
        if (!SettingText.TryParse(text, _type, out var value)) throw Wrong($"'{Shorten(text)}'");
        Check(value);
        return value!;
    }

    /// <summary>Reads a value of a JSON body.</summary>
    /// <param name="json">The value; not null.</param>
    /// <exception cref="InvalidTrainingSettingException">It is of another type, or not within the limits.</exception>
    public object Parse(JsonElement json)
    {
        var fits = (Kind, json.ValueKind) switch
        {
            (SettingKind.Text or SettingKind.Integers or SettingKind.Names, JsonValueKind.String) => true,
            (SettingKind.Integer or SettingKind.Number, JsonValueKind.Number) => true,
            (SettingKind.Text, JsonValueKind.Number) => MayBeNumber,
            (SettingKind.Flag, JsonValueKind.True or JsonValueKind.False) => true,
            (SettingKind.Integers, JsonValueKind.Array) => json.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number),
            (SettingKind.Names, JsonValueKind.Array) => json.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String),
            _ => false,
        };
        if (!fits) throw Wrong(Shorten(json.GetRawText()));
        return Parse(Kind switch
        {
            _ when json.ValueKind == JsonValueKind.String => json.GetString()!,
            SettingKind.Integers => string.Join(',', json.EnumerateArray().Select(e => e.GetRawText())),
            SettingKind.Names => string.Join(',', json.EnumerateArray().Select(e => Item(e.GetString()!))),
            _ => json.GetRawText(),
        });
    }

    /// <summary>Checks a value.</summary>
    /// <param name="value">Of the property's type.</param>
    /// <exception cref="InvalidTrainingSettingException">It is not within the limits.</exception>
    public void Check(object? value)
    {
        if (value is null) return;
        var right = value switch
        {
            string word => Choices?.Contains(word) != false && (_pattern is null || (word.Length > 0 && _pattern.IsValid(word))),
            double number => double.IsFinite(number) && _range?.Contains(number) != false,
            IEnumerable<int> numbers => numbers.All(n => n >= 0),
            bool or IEnumerable<string> => true,
            _ => _range?.Contains(Convert.ToDouble(value, CultureInfo.InvariantCulture)) != false,
        };
        if (!right) throw Wrong(value is string text ? $"'{Shorten(text)}'" : SettingText.Format(value));
    }

    /// <summary>With which values of other settings it has a meaning, in a few words; null for any.</summary>
    public string? Condition
    {
        get
        {
            var used = _property.GetCustomAttributes<UsedOnlyWithAttribute>().ToArray();
            if (used.Length > 0) return $"only with {string.Join(" or ", used.Select(u => $"{NameOf(u.Property)} {u.Value}"))}";
            var unused = _property.GetCustomAttributes<UnusedWithAttribute>()
                .Select(u => $"not with {NameOf(u.Property)} {string.Join(" or ", u.Values)}").ToArray();
            return unused.Length == 0 ? null : string.Join(", ", unused);
        }
    }

    /// <summary>The property of the setting that decides in its place where both are set; null for none.</summary>
    internal string? OverriddenBy => _property.GetCustomAttribute<OverriddenByAttribute>()?.Property;

    /// <summary>Whether two values are the same.</summary>
    internal static bool Same(object? one, object? other) => Equals(one, other) || SettingText.Format(one) == SettingText.Format(other);

    internal void Set(object record, object? value) => _property.SetValue(record, value);

    /// <summary>Why the setting has no meaning in a spec; null where it has one.</summary>
    internal string? WhyUnused(TrainingSpec spec)
    {
        if (Record != typeof(TrainingSpec)) return null;
        foreach (var unused in _property.GetCustomAttributes<UnusedWithAttribute>().Where(u => u.Values.Contains(ValueOf(u.Property))))
            return $"is not used with {{{NameOf(unused.Property)}}} {ValueOf(unused.Property)}; leave it out";
        var used = _property.GetCustomAttributes<UsedOnlyWithAttribute>().ToArray();
        return used.Length == 0 || used.Any(u => ValueOf(u.Property) == u.Value)
            ? null
            : $"is used only with {string.Join(" or ", used.Select(u => $"{{{NameOf(u.Property)}}} {u.Value}"))}; leave it out";

        string ValueOf(string property) => SettingText.Format(Record.GetProperty(property)!.GetValue(spec));
    }

    private string Item(string name) => !name.Contains(',', StringComparison.Ordinal)
        ? name
        : throw new InvalidTrainingSettingException(Name, $"has an item with a comma, '{Shorten(name)}'; make it several items");

    private static string NameOf(string property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property);

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";

    private InvalidTrainingSettingException Wrong(string value) => new(Name, $"is {value}; it must be {Wanted}");
}
