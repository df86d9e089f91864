namespace LisaOrleans.Data;

/// <summary>Whole samples put together into blocks, each sample in exactly one. A pure function of the data set.</summary>
public sealed class PackedBlocks
{
    // How many open blocks are looked at for room; more would fill them a little better, and slow long data sets down.
    private const int OpenBlocks = 64;

    // Block by block; no object for each, since there may be millions.
    private readonly int[] _samples;
    private readonly int[] _ends;

    private PackedBlocks(int[] samples, int[] ends) => (_samples, _ends) = (samples, ends);

    /// <summary>Blocks.</summary>
    public int Count => _ends.Length;

    /// <summary>The samples of a block, in their order.</summary>
    public IReadOnlyList<int> Samples(int block)
    {
        var first = block == 0 ? 0 : _ends[block - 1];
        return new ArraySegment<int>(_samples, first, _ends[block] - first);
    }

    /// <summary>First fit in the order of the data set.</summary>
    public static PackedBlocks Pack(TokenizedDataset data, int blockSize)
    {
        var blocks = new int[data.Count];
        var (count, open) = (0, new List<(int Block, int Room)>());
        for (var sample = 0; sample < blocks.Length; sample++)
        {
            var length = data.Length(sample);
            var found = open.FindIndex(o => o.Room >= length);
            if (found < 0)
            {
                if (open.Count == OpenBlocks) open.RemoveAt(0);
                open.Add((count++, blockSize));
                found = open.Count - 1;
            }

            var (block, room) = open[found];
            blocks[sample] = block;
            open[found] = (block, room - length);
        }

        return Sorted(blocks, count);
    }

    // By block, in each by sample.
    private static PackedBlocks Sorted(int[] blocks, int count)
    {
        var ends = new int[count];
        foreach (var block in blocks) ends[block]++;
        var first = 0;
        for (var block = 0; block < count; block++) (first, ends[block]) = (first + ends[block], first);
        var samples = new int[blocks.Length];
        for (var sample = 0; sample < blocks.Length; sample++) samples[ends[blocks[sample]]++] = sample;
        return new PackedBlocks(samples, ends);
    }
}
