using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// How matrices [..., M, N] become smaller: their shorter side of S = min(M, N) is projected to R by a matrix P [..., R, S]. The
/// result is [..., M, R] where M is at least N, else [..., R, N].
/// </summary>
internal readonly struct LowRank
{
    private readonly long[] _stack;
    private readonly long _rows;
    private readonly long _columns;
    private readonly long _rank;

    /// <param name="shape">[..., M, N].</param>
    /// <param name="rank">R; S where that is less.</param>
    public LowRank(IReadOnlyList<long> shape, int rank)
    {
        _stack = [.. shape.Take(shape.Count - 2)];
        (_rows, _columns) = (shape[^2], shape[^1]);
        _rank = Math.Min(rank, Math.Min(_rows, _columns));
    }

    /// <summary>Whether rows are projected, which are at least as many as they are long; else columns.</summary>
    public bool IsTall => _rows >= _columns;

    /// <summary>The shape of P.</summary>
    public long[] Projection => [.. _stack, _rank, IsTall ? _columns : _rows];

    /// <summary>The shape of a matrix that was projected.</summary>
    public long[] Projected => IsTall ? [.. _stack, _rows, _rank] : [.. _stack, _rank, _columns];

    /// <summary>One number for each matrix, which broadcasts over it.</summary>
    public long[] Scalar => [.. _stack, 1, 1];

    /// <summary>The dimension of the projected matrix that has R numbers.</summary>
    public long RankDimension => IsTall ? -1 : -2;

    /// <summary>
    /// Whether P is to be made: every so many updates, and where it is still all zeros, because the matrix had no gradient when it was due.
    /// An expert without tokens has none. A P that was made is never all zeros.
    /// </summary>
    /// <param name="projection">P.</param>
    /// <param name="stateStep">The number of the update, from 1.</param>
    /// <param name="gap">Updates between two.</param>
    public static bool IsDue(Tensor projection, long stateStep, int gap) => IsTurn(stateStep, gap) || !projection.any().item<bool>();

    /// <summary>
    /// Numbers in float32 that <see cref="PutSubspace"/> takes: a copy of the matrices, another that LAPACK works on, their singular
    /// vectors, and what it needs beside that, four squares of the shorter side.
    /// </summary>
    public long SubspaceNumbers
    {
        get
        {
            var (side, matrices) = (Math.Min(_rows, _columns), _stack.Aggregate(1L, (a, b) => checked(a * b)));
            return checked(matrices * side * ((3 * Math.Max(_rows, _columns)) + (5 * side)));
        }
    }

    /// <summary>Finds the P that keeps the most of matrices: their first R singular vectors of the shorter side, as rows.</summary>
    /// <param name="matrix">float32 [..., M, N].</param>
    /// <param name="projection">Where it is put.</param>
    public void PutSubspace(Tensor matrix, Tensor projection)
    {
        using var scope = NewDisposeScope();
        var (left, _, right) = linalg.svd(matrix, fullMatrices: false);
        projection.copy_(IsTall ? right.narrow(-2, 0, _rank) : left.narrow(-1, 0, _rank).transpose(-2, -1));
    }

    /// <summary>
    /// The same for each matrix whose P is due or still all zeros. A matrix that is itself all zeros has arbitrary singular vectors, so
    /// that its P stays as it is.
    /// </summary>
    /// <param name="matrix">float32 [..., M, N].</param>
    /// <param name="projection">Where it is put.</param>
    /// <param name="stateStep">The number of the update, from 1.</param>
    /// <param name="gap">Updates between two.</param>
    public void PutSubspaces(Tensor matrix, Tensor projection, long stateStep, int gap)
    {
        using var scope = NewDisposeScope();
        var (matrices, projections) = (Flat(matrix), Flat(projection));
        var wanted = IsTurn(stateStep, gap) ? Any(matrices) : Any(matrices).logical_and(Any(projections).logical_not());
        var puts = wanted.cpu().data<bool>().ToArray();
        for (var i = 0; i < puts.Length; i++)
            if (puts[i]) PutSubspace(matrices[i], projections[i]);

        static Tensor Flat(Tensor stack) => stack.reshape(-1, stack.shape[^2], stack.shape[^1]);

        static Tensor Any(Tensor matrices) => matrices.any(-1).any(-1);
    }

    /// <summary>The projection of matrices.</summary>
    public Tensor Project(Tensor matrix, Tensor projection) => IsTall
        ? matrix.matmul(projection.transpose(-2, -1))
        : projection.matmul(matrix);

    /// <summary>The matrices of the whole shape that a projected one stands for.</summary>
    public Tensor Back(Tensor projected, Tensor projection) => IsTall
        ? projected.matmul(projection)
        : projection.transpose(-2, -1).matmul(projected);

    private static bool IsTurn(long stateStep, int gap) => (stateStep - 1) % gap == 0;
}
