namespace LisaOrleans.Data;

/// <summary>Whole samples put together into blocks, each sample in exactly one. A pure function of the data set.</summary>
public sealed class PackedBlocks
{
    // How many open blocks are looked at for room; more would fill them a little better, and slow long data sets down.
    private const int OpenBlocks = 64;

    private readonly IReadOnlyList<int[]> _blocks;

    private PackedBlocks(IReadOnlyList<int[]> blocks) => _blocks = blocks;

    /// <summary>Blocks.</summary>
    public int Count => _blocks.Count;

    /// <summary>The samples of a block, in their order.</summary>
    public IReadOnlyList<int> Samples(int block) => _blocks[block];

    /// <summary>First fit in the order of the data set.</summary>
    public static PackedBlocks Pack(TokenizedDataset data, int blockSize)
    {
        var blocks = new List<List<int>>();
        var open = new List<(int Block, int Room)>();
        for (var sample = 0; sample < data.Count; sample++)
        {
            var length = data.Length(sample);
            var found = open.FindIndex(o => o.Room >= length);
            if (found < 0)
            {
                if (open.Count == OpenBlocks) open.RemoveAt(0);
                open.Add((blocks.Count, blockSize));
                blocks.Add([]);
                found = open.Count - 1;
            }

            var (block, room) = open[found];
            blocks[block].Add(sample);
            open[found] = (block, room - length);
        }

        return new PackedBlocks([.. blocks.Select(b => b.ToArray())]);
    }
}
