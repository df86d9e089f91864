using System.Text;

namespace LisaOrleans.Cli.Tests;

/// <summary>Training data from a stranger.</summary>
public sealed class DataInputTests
{
    private const string Good = "{\"prompt\":\"a\",\"completion\":\"b\"}\n";

    private static readonly Dictionary<string, (byte[] Data, string[] Says)> s_wrong = new()
    {
        ["broken line"] = (Text(Good + Good + "{oops}\n"), ["line 3", "JSON"]),
        ["cut off"] = (Text(Good + "{\"prompt\": \"a"), ["line 2", "JSON"]),
        ["broken first line"] = (Text("{\"prompt\": }\n" + Good), ["line 1", "JSON"]),
        ["unknown fields"] = (Text("{\"foo\":\"x\",\"bar\":1}\n"), ["line 1", "'foo', 'bar'", "prompt, completion"]),
        ["other fields later"] = (Text(Good + "{\"text\":\"b\"}\n"), ["line 2", "'prompt'", "missing"]),
        ["null"] = (Text(Good + "{\"prompt\":null,\"completion\":\"b\"}\n"), ["line 2", "'prompt'", "null"]),
        ["a number"] = (Text(Good + "\n{\"prompt\":\"a\",\"completion\":5}\n"), ["line 3", "'completion'", "a number"]),
        ["a field twice"] = (Text("{\"prompt\":\"a\",\"prompt\":\"b\",\"completion\":\"b\"}\n"), ["line 1", "prompt"]),
        ["no object"] = (Text(Good + "[]\n"), ["line 2", "JSON object"]),
        ["half a surrogate pair"] = (Text(Good + "{\"prompt\":\"\\ud800\",\"completion\":\"b\"}\n"), ["line 2"]),
        ["half a surrogate pair in a name"] = (Text("{\"\\ud800\":\"b\"}\n"), ["line 1"]),
        ["no UTF-8"] = ([.. Text(Good + "{\"prompt\":\""), 0xff, .. Text("\",\"completion\":\"b\"}\n")], ["UTF-8"]),
        ["no UTF-8 far into the file"] = ([.. Text(string.Concat(Enumerable.Repeat(Good, 10_000))), 0xff], ["UTF-8"]),
        ["no UTF-8 far into a list"] = ([.. Text($"[{string.Concat(Enumerable.Repeat(Good + ",", 10_000))}\""), 0xff, .. Text("\"]")], ["UTF-8"]),
        ["empty"] = ([], ["empty"]),
        ["blank"] = (Text("\n \n"), ["empty"]),
        ["no records"] = (Text("[]"), ["no records"]),
        ["a list of numbers"] = (Text("[1]"), ["record 1", "JSON object"]),
        ["a list cut off"] = (Text($"[{Good},"), ["JSON"]),
        ["zeros"] = (new byte[5000], ["begins with"]),
        ["plain text"] = (Text("Once upon a time."), ["begins with 'O'"]),
        ["instances that are none"] = (Text("{\"type\":\"text_only\",\"instances\":5}"), ["instances"]),
        ["no turns"] = (Text("{\"messages\":[]}\n"), ["line 1", "'messages'"]),
        ["nobody to learn from"] = (Text("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n"), ["line 1", "assistant"]),
        ["unknown role"] = (Text("{\"messages\":[{\"role\":\"bot\",\"content\":\"x\"}]}\n"), ["line 1", "messages[0]", "'role'", "bot"]),
        ["a hundred thousand levels"] = (Text("{\"prompt\":\"a\",\"completion\":" + new string('[', 100_000)), ["JSON"]),
        ["nothing left to learn"] = (Text($"{{\"prompt\":\"{string.Concat(Enumerable.Repeat("fox ", 200))}\",\"completion\":\"b\"}}\n"),
            ["block_size 64"]),
    };

    public static TheoryData<string> Wrong => [.. s_wrong.Keys];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Train_data_that_cannot_be_learned_is_refused(string what)
    {
        using var folder = new TempFolder();
        var (data, says) = s_wrong[what];
        await File.WriteAllBytesAsync(folder["data.jsonl"], data, TestContext.Current.CancellationToken);
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], data: folder["data.jsonl"]), ["data.jsonl: ", .. says]);
        Sample.HasNoFiles(folder["out"]);
    }

    [Fact]
    public async Task Train_and_eval_missing_data_file_is_refused()
    {
        using var folder = new TempFolder();
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], data: folder["nope.jsonl"]), folder["nope.jsonl"], "no such file");
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], more: ["--eval-data", folder["nope.jsonl"]]), folder["nope.jsonl"], "no such file");
        await LisaMain.RefusesAsync(["eval", "--model", Sample.Model, "--data", folder["nope.jsonl"]], folder["nope.jsonl"], "no such file");
        Sample.HasNoFiles(folder["out"]);
    }

    [Fact]
    public async Task Train_missing_field_is_named()
    {
        using var folder = new TempFolder();
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], more: ["--prompt-field", "question"]), "line 1", "'question'", "missing");
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
