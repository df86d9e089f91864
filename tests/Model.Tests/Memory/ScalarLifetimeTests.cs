using System.Reflection;
using TorchSharp;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// TorchSharp keeps no <see cref="Scalar"/> alive for libtorch, so ours must be held by whoever calls. What makes one in
/// passing must therefore not be called anywhere.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private const int MemberReferences = 0x0A000000;

    [Fact]
    public void Scalar_calls_of_the_model_make_none_that_nobody_holds()
    {
        var called = Called(typeof(ModelPart).Module).ToArray();
        Assert.Contains(called, m => m is { Name: "add", DeclaringType.Name: "Tensor" });
        Assert.Empty(called.Where(MakesScalar).Select(m => $"{m.DeclaringType}: {m}"));
    }

    // All methods of other assemblies that a module calls.
    private static IEnumerable<MethodBase> Called(Module module)
    {
        for (var row = 1; ; row++)
        {
            MethodBase? method;
            try
            {
                method = module.ResolveMember(MemberReferences | row) as MethodBase;
            }
            catch (ArgumentOutOfRangeException)
            {
                yield break;
            }
            catch (Exception e) when (e is BadImageFormatException or ArgumentException)
            {
                // Of a generic type over its user's parameter: none of TorchSharp's.
                continue;
            }

            if (method is not null) yield return method;
        }
    }

    private static bool MakesScalar(MethodBase method)
    {
        var parameters = method.GetParameters().Select(p => p.ParameterType).ToArray();
        if (method.DeclaringType == typeof(Scalar)) return method.Name == "op_Implicit";
        if (method.DeclaringType?.Assembly != typeof(Scalar).Assembly) return false;
        return method.Name switch
        {
            "op_Addition" or "op_Subtraction" or "op_Modulus" => true,
            "op_Multiply" or "op_Division" => parameters.Any(p => p != typeof(torch.Tensor)),

            // Where an alpha or a step is given, none is made.
            "add" or "add_" or "sub" or "sub_" or "subtract" or "subtract_" => parameters.Length < 2,
            "arange" => parameters.Count(p => p == typeof(Scalar)) < 3,
            "linspace" or "full" or "full_like" or "fill_" => true,
            _ => false,
        };
    }
}
