using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace LisaOrleans.Cli.Tests;

/// <summary>Code can be read one piece at a time: files are short, and types have little mutable state.</summary>
public sealed class SizeTests
{
    private const int MostLines = 250;
    private const int MostMutableFields = 10;

    [Fact]
    public void Src_files_have_at_most_250_lines()
    {
        var tooLong = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(f => (File: Path.GetRelativePath(Repository.Root, f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > MostLines)
            .ToArray();
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }

    [Fact]
    public void Src_types_have_at_most_ten_mutable_fields()
    {
        var changing = Types(typeof(Program).Assembly, [])
            .Select(t => (t.FullName, Fields: Mutable(t)))
            .Where(t => t.Fields.Length > MostMutableFields)
            .Select(t => $"{t.FullName}: {string.Join(' ', t.Fields)}")
            .ToArray();
        Assert.True(changing.Length == 0, string.Join('\n', changing));
    }

    // The types of this assembly and of all of ours that it refers to.
    private static IEnumerable<Type> Types(Assembly assembly, HashSet<string> seen)
    {
        if (!seen.Add(assembly.GetName().Name!)) return [];
        var own = assembly.GetTypes().Where(t => t.Namespace?.StartsWith("LisaOrleans", StringComparison.Ordinal) == true && !IsGenerated(t));
        return own.Concat(assembly.GetReferencedAssemblies()
            .Where(a => a.Name!.StartsWith("LisaOrleans.", StringComparison.Ordinal))
            .SelectMany(a => Types(Assembly.Load(a), seen)));
    }

    private static bool IsGenerated(Type type) =>
        type.Name.StartsWith('<') || type.IsSubclassOf(typeof(JsonSerializerContext))
            || type.IsDefined(typeof(CompilerGeneratedAttribute)) || (type.DeclaringType is { } outer && IsGenerated(outer));

    // Fields that hold a primary constructor's parameters are written only once.
    private static string[] Mutable(Type type) =>
    [
        .. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(f => !f.IsInitOnly && !f.Name.EndsWith(">P", StringComparison.Ordinal))
            .Select(f => f.Name),
    ];
}
