using System.Collections;
using System.Collections.Immutable;

namespace LisaOrleans.Training;

/// <summary>
/// The things of one kind that a setting may choose, in the order in which they are offered. What this program brings is in its
/// lists; a program that embeds it adds its own before it makes a run. Thread-safe.
/// </summary>
/// <typeparam name="T">The kind.</typeparam>
/// <param name="kind">The kind in a word, for people.</param>
/// <param name="items">What there is from the beginning.</param>
public sealed class NamedList<T>(string kind, params IEnumerable<T> items) : IEnumerable<T>
    where T : INamed
{
    private ImmutableArray<T> _items = [.. items];
    private NameView? _names;

    /// <summary>Their names; those that are added later appear in it.</summary>
    public IReadOnlyList<string> Names => _names ??= new NameView(this);

    /// <summary>Adds one.</summary>
    /// <exception cref="ArgumentException">There is one with this name.</exception>
    public void Add(T item) => ImmutableInterlocked.Update(
        ref _items,
        static (known, added) => known.All(i => i.Name != added.Item.Name)
            ? known.Add(added.Item)
            : throw new ArgumentException($"there is a {added.Kind} '{added.Item.Name}' already", nameof(item)),
        (Item: item, Kind: kind));

    /// <summary>The one with a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public T this[string name] => _items.FirstOrDefault(i => i.Name == name)
        ?? throw new ArgumentException($"there is no {kind} '{name}'; there are {string.Join(", ", Names)}", nameof(name));

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _items.AsEnumerable().GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class NameView(NamedList<T> list) : IReadOnlyList<string>
    {
        public int Count => list._items.Length;

        public string this[int index] => list._items[index].Name;

        public IEnumerator<string> GetEnumerator() => list._items.Select(i => i.Name).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
