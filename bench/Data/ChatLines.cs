using System.Text.Json;
using LisaOrleans.Data;

namespace LisaOrleans.Bench;

/// <summary>
/// Chats in OpenAI's layout, one per line, the same for the same seed: one to three questions with their answers, some with a
/// system message, in sentences from this repository's documents with names and numbers inserted. No two are alike.
/// </summary>
internal sealed class ChatLines
{
    private const ulong Seed = 12;
    private const int LeastSentence = 30;
    private const int MostSentence = 240;

    private static readonly string[] s_systems =
    [
        "You are a helpful assistant.", "Answer briefly, and say so when you do not know.", "You help engineers who train language models.",
        "Be precise. Give numbers with their units.",
    ];

    private static readonly string[] s_questions =
    [
        "What does it mean that", "Is it true that", "Explain to {0}, who knows nothing of it, why", "In {1} words:", "Correct this, please:",
        "Come up with {1} examples of this:", "{0} says", "Why is it so that",
    ];

    private static readonly string[] s_names = ["Ana", "Björn", "Chloé", "Dmitri", "Eszter", "Fatima", "光", "Giorgos", "Ewa", "José"];

    private readonly string[] _sentences;
    private readonly double _share;

    private ChatLines(string[] sentences, double share) => (_sentences, _share) = (sentences, share);

    /// <summary>Lines of about this many tokens on average, as a tokenizer counts them.</summary>
    public static ChatLines Of(ITokenizer tokenizer, int tokens)
    {
        const int Tried = 2000;
        const int Rounds = 6;
        var lines = new ChatLines(Sentences(), 1);
        for (var round = 0; round < Rounds; round++)
        {
            var mean = Enumerable.Range(0, Tried).Average(line => lines.Turns(line).Sum(t => tokenizer.Encode(t.Content).Length));
            lines = new ChatLines(lines._sentences, lines._share * tokens / mean);
        }

        return lines;
    }

    /// <summary>The turns of a line.</summary>
    public IReadOnlyList<(string Role, string Content)> Turns(long line)
    {
        var random = new CounterRandom(Seed, (ulong)line);
        var turns = new List<(string, string)>();
        if (random.NextInt(5) == 0) turns.Add(("system", s_systems[random.NextInt(s_systems.Length)]));
        for (var left = 1 + random.NextInt(3); left > 0; left--)
        {
            turns.Add(("user", $"{Filled(s_questions[random.NextInt(s_questions.Length)], random)} {Sentence(random)}"));
            turns.Add(("assistant", Answer(random)));
        }

        return turns;
    }

    /// <summary>Writes a file of lines.</summary>
    public void Write(string path, int lines)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { SkipValidation = true });
        for (var line = 0; line < lines; line++)
        {
            json.Reset(file);
            json.WriteStartObject();
            json.WriteStartArray("messages");
            foreach (var (role, content) in Turns(line))
            {
                json.WriteStartObject();
                json.WriteString("role", role);
                json.WriteString("content", content);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.Flush();
            file.WriteByte((byte)'\n');
        }
    }

    // From a third to five thirds of the mean.
    private string Answer(CounterRandom random)
    {
        var length = _share * MostSentence * (1 + (4 * random.NextInt(1000) / 1000.0));
        var answer = Sentence(random);
        while (answer.Length < length)
        {
            var isList = random.NextInt(6) == 0;
            answer += isList ? $"\n- {Sentence(random)}" : random.NextInt(9) == 0 ? $"\n\n{Sentence(random)}" : $" {Sentence(random)}";
        }

        return answer;
    }

    private string Sentence(CounterRandom random)
    {
        var sentence = _sentences[random.NextInt(_sentences.Length)];
        return random.NextInt(4) == 0 ? Filled("{0} counts {1}: ", random) + sentence : sentence;
    }

    private static string Filled(string text, CounterRandom random) => text
        .Replace("{0}", s_names[random.NextInt(s_names.Length)], StringComparison.Ordinal)
        .Replace("{1}", $"{random.NextInt(100_000)}", StringComparison.Ordinal);

    private static string[] Sentences() =>
    [
        .. Directory.GetFiles(Path.Combine(Cluster.Executables.Repository, "docs"), "*.md", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .SelectMany(file => File.ReadAllText(file).ReplaceLineEndings(" ").Split(". "))
            .Select(s => s.Trim())
            .Where(s => s.Length is >= LeastSentence and <= MostSentence && !s.Contains('|', StringComparison.Ordinal)),
    ];
}
