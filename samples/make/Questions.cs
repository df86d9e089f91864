using LisaOrleans.Data;

namespace LisaOrleans.Samples.Make;

/// <summary>
/// Questions about animals and their answers: the new skill. Every animal and every way to ask is learned, but some pairs
/// of them are held out, so that a model which only remembers lines does not do well on those.
/// </summary>
internal static class Questions
{
    private static readonly Func<string, string>[] s_phrases =
    [
        a => $"Tell me about the {a}.", a => $"What do you know about the {a}?", a => $"Who is the {a}?", a => $"Please describe the {a}.",
        a => $"I would like to hear about the {a}.", a => $"Can you say something about the {a}?", a => $"What is a {a}?",
        a => $"Do you know the {a}?", a => $"Describe a {a} to me.", a => $"Explain the {a}.", a => $"What about the {a}?",
        a => $"Give me some facts on the {a}.",
    ];

    public static (List<(string Prompt, string Completion)> Train, List<(string Prompt, string Completion)> HeldOut) Create(ulong seed)
    {
        var (train, held) = (new List<(string, string)>(), new List<(string, string)>());
        for (var a = 0; a < World.Animals.Length; a++)
        {
            // Two ways to ask are kept back for each animal, other ones each time.
            var random = new CounterRandom(seed, (ulong)a);
            var first = random.NextInt(s_phrases.Length);
            var second = (first + 1 + random.NextInt(s_phrases.Length - 1)) % s_phrases.Length;
            for (var p = 0; p < s_phrases.Length; p++)
                (p == first || p == second ? held : train).Add((s_phrases[p](World.Animals[a].Name), Answer(World.Animals[a])));
        }

        return (train, held);
    }

    /// <summary>Every second question with its answer and with one about another animal, which a model is to learn to avoid.</summary>
    public static IEnumerable<(string Prompt, string Chosen, string Rejected)> Pairs(List<(string Prompt, string Completion)> questions) =>
        from i in Enumerable.Range(0, questions.Count)
        where i % 2 == 0
        select (questions[i].Prompt, questions[i].Completion, questions[(i + 37) % questions.Count].Completion);

    private static string Answer(Animal a) => $"The {a.Name} is {a.Colour}. It lives by the {a.Home}. It eats {a.Food}. It says {a.Sound}!";
}
