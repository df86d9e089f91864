using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The maps' outputs are consecutive parts of one matrix's outputs (Phi-3's qkv_proj, GPT-2's c_attn).</summary>
/// <param name="matrix">The matrix; it has as many outputs as all widths together.</param>
/// <param name="widths">Outputs of each map.</param>
internal sealed class FusedProjections(Linear matrix, params long[] widths) : IProjections
{
    public Tensor[] Forward(Tensor x)
    {
        var all = matrix.Forward(x);
        var pieces = new Tensor[widths.Length];
        var start = 0L;
        for (var i = 0; i < widths.Length; i++)
        {
            pieces[i] = all.narrow(-1, start, widths[i]);
            start += widths[i];
        }

        return pieces;
    }
}
