using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>Activations by the names of config.json (Hugging Face: ACT2FN).</summary>
internal static class Activations
{
    private static readonly Dictionary<string, Activation> s_byName = new()
    {
        ["silu"] = Activation.Silu,
        ["swish"] = Activation.Silu,
        ["gelu"] = Activation.Gelu,
        ["gelu_new"] = Activation.GeluTanh,
        ["gelu_fast"] = Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Activation.GeluTanh,
        ["relu"] = Activation.Relu,
    };

    public static IEnumerable<string> Names => s_byName.Keys;

    public static Activation? Find(string name) => s_byName.TryGetValue(name, out var found) ? found : null;

    public static Tensor Apply(this Activation activation, Tensor x) => activation switch
    {
        Activation.Silu => F.silu(x),
        Activation.Gelu => F.gelu(x),
        Activation.GeluTanh => Kernels.GeluTanh(x),
        _ => F.relu(x),
    };
}
