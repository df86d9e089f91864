// Shapes: B batch, T sequence, V vocabulary, D model width.
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The token embedding, with learned positions where the family has them.</summary>
internal sealed class TokenEmbedding
{
    private readonly Weight? _positions;

    /// <summary>Asks for NAME.weight [V, D] and, with positions, for that of their name, [longest sequence, D].</summary>
    public TokenEmbedding(WeightScope scope, string name, long vocabulary, long width, (string Name, long Count)? positions = null)
    {
        Matrix = scope.Table(name + ".weight", vocabulary, width);
        if (positions is { } learned) _positions = scope.Table(learned.Name + ".weight", learned.Count, width);
    }

    /// <summary>The matrix [V, D], which a tied head multiplies by.</summary>
    public Weight Matrix { get; }

    /// <value>What embeddings are multiplied by, rounded to the compute dtype first (Gemma, Granite). Default 1.</value>
    public double Scale { get; init; } = 1;

    /// <summary>ids [B, T] → [B, T, D].</summary>
    /// <param name="ids_BT">The tokens.</param>
    /// <param name="context">Where they stand.</param>
    /// <param name="dtype">The compute dtype; weights that rest in another are widened row by row.</param>
    /// <param name="matrix_VD">What takes the matrix's place; null (default) for the matrix.</param>
    public Tensor Forward(Tensor ids_BT, SequenceContext context, ScalarType dtype, Tensor? matrix_VD = null)
    {
        var x_BTD = Kernels.Embedding(matrix_VD ?? Matrix.Value, ids_BT).to(dtype);
        if (Scale != 1) x_BTD *= tensor(Scale, x_BTD.dtype, x_BTD.device);
        return _positions is null ? x_BTD : x_BTD.Plus(context.RowsOf(_positions.Value).to(dtype));
    }
}
