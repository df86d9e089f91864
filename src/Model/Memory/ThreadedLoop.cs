using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Work on numbers in memory, shared by as many threads as libtorch has for its own.</summary>
internal static class ThreadedLoop
{
    /// <summary>Does work for all numbers from 0 up to a count, piece by piece; each piece is done by one thread.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="each">How many a piece has: so many that it is worth starting a thread.</param>
    /// <param name="work">Takes the first of a piece, and the first that is not in it.</param>
    public static void Run(long count, long each, Action<long, long> work)
    {
        var pieces = (count + each - 1) / each;
        if (pieces <= 1)
        {
            work(0, count);
            return;
        }

        Parallel.For(
            0, pieces, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() },
            piece => work(piece * each, Math.Min(count, (piece + 1) * each)));
    }
}
