using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Api.Tests;

public sealed class ApiKeysTests
{
    private static readonly string s_hash = new('a', 64);

    [Fact]
    public void Find_key_is_found_by_itself_alone_and_its_line_does_not_reveal_it()
    {
        using var folder = new TempFolder();
        var (first, one) = ApiKey.Create("one", ApiScopes.Read);
        var (second, two) = ApiKey.Create("two", ApiScopes.Write);
        File.WriteAllLines(folder["keys"], ["# the keys", "", one.ToLine(), "  " + two.ToLine() + "  "]);
        var keys = ApiKeys.ReadFile(folder["keys"]);
        Assert.Equal(2, keys.Count);
        Assert.Equal(("one", ApiScopes.Read), (keys.Find(first)!.Name, keys.Find(first)!.Scope));
        Assert.Equal(("two", ApiScopes.Write), (keys.Find(second)!.Name, keys.Find(second)!.Scope));
        Assert.Null(keys.Find(first + " "));
        Assert.Null(keys.Find(""));
        Assert.DoesNotContain(first[5..], File.ReadAllText(folder["keys"]), StringComparison.Ordinal);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("one read")]
    [InlineData("one admin HASH")]
    [InlineData("one read HASHa")]
    [InlineData("one read zzHASH")]
    [InlineData("../one read HASH")]
    [InlineData("one read HASH more")]
    public void ReadFile_wrong_line_is_named(string line)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["keys"], $"# keys\n{line.Replace("HASH", s_hash, StringComparison.Ordinal)}\n");
        var error = Assert.Throws<InvalidDataFileException>(() => ApiKeys.ReadFile(folder["keys"]));
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadFile_file_without_keys_lets_nobody_in_and_one_with_a_name_twice_is_refused()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["none"], "# nobody\n");
        Assert.Equal(0, ApiKeys.ReadFile(folder["none"]).Count);
        File.WriteAllText(folder["twice"], $"one read {s_hash}\none write {s_hash}\n");
        Assert.Contains("'one'", Assert.Throws<InvalidDataFileException>(() => ApiKeys.ReadFile(folder["twice"])).Message, StringComparison.Ordinal);
    }

    // As editors write it.
    [Fact]
    public void Look_file_that_is_empty_for_a_moment_keeps_its_keys_and_one_that_stays_so_has_none()
    {
        using var folder = new TempFolder();
        var (secret, key) = ApiKey.Create("one", ApiScopes.Write);
        File.WriteAllText(folder["keys"], key.ToLine());
        var keys = ApiKeys.ReadFile(folder["keys"]);
        using var renewal = new FileRenewal(new ApiServerOptions { Keys = keys }, TimeProvider.System, NullLogger<FileRenewal>.Instance);
        Assert.True(IsKnownAfterALook());
        File.WriteAllText(folder["keys"], "");
        Assert.True(IsKnownAfterALook());
        File.WriteAllText(folder["keys"], "# the only one\n" + key.ToLine());
        Assert.True(IsKnownAfterALook());
        Assert.True(IsKnownAfterALook());
        File.WriteAllText(folder["keys"], "# nobody\n");
        Assert.True(IsKnownAfterALook());
        Assert.False(IsKnownAfterALook());

        bool IsKnownAfterALook()
        {
            renewal.Look(keys);
            return keys.Find(secret) is not null;
        }
    }
}
