using System.Reflection;
using TorchSharp;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// TorchSharp keeps no <see cref="Scalar"/> alive for libtorch, so ours must be held by whoever calls. What makes one on the
/// way may therefore be called nowhere.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private const int MemberReferences = 0x0A000000;

    [Fact]
    public void No_call_of_the_model_makes_a_number_that_nobody_holds()
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

            // With an alpha or a step that is given, nothing is made.
            "add" or "add_" or "sub" or "sub_" or "subtract" or "subtract_" => parameters.Length < 2,
            "arange" => parameters.Count(p => p == typeof(Scalar)) < 3,
            "linspace" or "full" or "full_like" or "fill_" => true,
            _ => false,
        };
    }
}
