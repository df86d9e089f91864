using LisaOrleans.Data;

namespace LisaOrleans.Samples.Make;

/// <summary>Short stories from a small grammar: what the base model learns to write. They say nothing of what the answers say.</summary>
internal static class Stories
{
    public static List<string> Create(int count, ulong seed)
    {
        var stories = new List<string>(count);
        for (var i = 0; i < count; i++)
        {
            var random = new CounterRandom(seed, (ulong)i);
            stories.Add(One(random));
        }

        return stories;
    }

    private static string One(CounterRandom random)
    {
        var (hero, friend) = (Pick(random, World.Names), Pick(random, World.Names));
        while (friend == hero) friend = Pick(random, World.Names);
        var animal = Pick(random, World.Animals).Name;
        var (thing, colour, place) = (Pick(random, World.Things), Pick(random, World.Colours), Pick(random, World.Places));
        string[] openings =
        [
            $"One day {hero} went to the {place}.", $"{hero} was at the {place} with {friend}.",
            $"{hero} and {friend} walked to the {place}.", $"In the morning {hero} ran to the {place}.",
        ];
        string[] middles =
        [
            $"There was a {colour} {thing} under a tree. {hero} took the {thing} and gave it to {friend}.",
            $"A little {animal} sat on a {colour} {thing}. \"Look at the {animal}!\" said {friend}.",
            $"{hero} had lost a {colour} {thing}. A {animal} helped to look for the {thing}, and {friend} found it.",
            $"{friend} came with a {colour} {thing}. They played with the {thing} until the {animal} was tired.",
        ];
        string[] endings =
        [
            $"Then they all went home and were happy.", $"{hero} smiled and said thank you.",
            $"In the evening {friend} told the story to everyone.", $"They came back to the {place} the next day.",
        ];
        return $"{Pick(random, openings)} {Pick(random, middles)} {Pick(random, endings)}";
    }

    private static T Pick<T>(CounterRandom random, T[] items) => items[random.NextInt(items.Length)];
}
