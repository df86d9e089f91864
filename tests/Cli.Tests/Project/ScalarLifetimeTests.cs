using Mono.Cecil;
using TorchSharp;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// TorchSharp keeps no <see cref="Scalar"/> alive for libtorch: a garbage collection frees it while it is read, and the result is wrong, or
/// an error about something else. So the product makes all that it needs by itself, holds them (TensorArithmetic), and calls nothing of
/// TorchSharp's that makes one in passing, itself or by what it calls.
/// </summary>
public sealed class ScalarLifetimeTests
{
    [Fact]
    public void Product_calls_nothing_of_TorchSharp_that_makes_a_number_which_nobody_holds()
    {
        var making = Making(typeof(torch).Assembly.Location);
        Assert.Contains("TorchSharp.torch/Tensor TorchSharp.torch/Tensor::square()", making);
        Assert.Contains("TorchSharp.torch/Tensor TorchSharp.torch/Tensor::op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)", making);
        var product = Directory.GetFiles(AppContext.BaseDirectory, "LisaOrleans.*.dll")
            .Where(f => !f.EndsWith(".Tests.dll", StringComparison.Ordinal)).ToArray();
        Assert.Contains(product, f => Path.GetFileName(f) == "LisaOrleans.Model.dll");

        Assert.Equal(
            [
                // Both for TensorArithmetic and Kernels, which hold what they make; the third gets Scalars only.
                "LisaOrleans.Model.dll: System.Object TorchSharp.torch/jit/CompilationUnit::invoke(System.String,System.Object[])",
                "LisaOrleans.Model.dll: TorchSharp.Scalar TorchSharp.ScalarExtensionMethods::ToScalar(System.Double)",
                "LisaOrleans.Model.dll: TorchSharp.Scalar TorchSharp.ScalarExtensionMethods::ToScalar(System.Int64)",
            ],
            product.SelectMany(Called).Where(c => making.Contains(c.Method)).Select(c => $"{c.Assembly}: {c.Method}").Order(StringComparer.Ordinal));
    }

    // Methods of TorchSharp that make a number, or call one that does.
    private static HashSet<string> Making(string file)
    {
        using var torchSharp = AssemblyDefinition.ReadAssembly(file);
        var callers = torchSharp.MainModule.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody)
            .SelectMany(m => m.Body.Instructions.Select(i => i.Operand).OfType<MethodReference>().Select(c => (Caller: m.FullName, Called: c.FullName)))
            .ToLookup(c => c.Called, c => c.Caller);
        var making = callers.Select(c => c.Key).Where(IsNumber).ToHashSet();
        for (var next = new Queue<string>(making); next.TryDequeue(out var called);)
        {
            foreach (var caller in callers[called])
                if (making.Add(caller)) next.Enqueue(caller);
        }

        return making;
    }

    private static bool IsNumber(string method) =>
        method.Contains("TorchSharp.Scalar::op_Implicit", StringComparison.Ordinal)
        || method.Contains("TorchSharp.Scalar::.ctor", StringComparison.Ordinal)
        || method.Contains("TorchSharp.ScalarExtensionMethods::ToScalar", StringComparison.Ordinal);

    private static IEnumerable<(string Assembly, string Method)> Called(string file)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(file);
        return [.. assembly.MainModule.GetMemberReferences().OfType<MethodReference>()
            .Where(m => m.DeclaringType.GetElementType().Scope.Name == "TorchSharp")
            .Select(m => (Path.GetFileName(file), m.GetElementMethod().FullName))];
    }
}
