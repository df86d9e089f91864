namespace LisaOrleans.Samples.Make;

/// <summary>Everything there is in the sample's little world.</summary>
internal static class World
{
    public static readonly string[] Names = ["Anna", "Ben", "Clara", "David", "Emma", "Finn", "Greta", "Hugo", "Ida", "Jonas", "Lena", "Max"];

    public static readonly string[] Things = ["ball", "book", "lamp", "boat", "kite", "drum", "cup", "hat", "stone", "basket"];

    public static readonly string[] Colours = ["red", "blue", "green", "yellow", "white", "black", "brown", "grey"];

    public static readonly string[] Places = ["garden", "forest", "river", "house", "barn", "meadow", "hill", "sea", "market", "school"];

    public static readonly Animal[] Animals =
    [
        new("fox", "red", "forest", "mice", "yip"), new("cow", "brown", "meadow", "grass", "moo"),
        new("duck", "white", "river", "bread", "quack"), new("cat", "grey", "house", "fish", "meow"),
        new("dog", "black", "garden", "bones", "woof"), new("owl", "brown", "forest", "mice", "hoo"),
        new("frog", "green", "river", "flies", "croak"), new("sheep", "white", "hill", "grass", "baa"),
        new("crow", "black", "meadow", "seeds", "caw"), new("pig", "pink", "barn", "apples", "oink"),
        new("goat", "grey", "hill", "leaves", "meh"), new("hen", "yellow", "barn", "seeds", "cluck"),
        new("seal", "grey", "sea", "fish", "arf"), new("bee", "yellow", "garden", "nectar", "buzz"),
        new("mouse", "grey", "house", "cheese", "squeak"), new("horse", "brown", "meadow", "hay", "neigh"),
    ];
}
