#!/usr/bin/env bash
# Guess, written first: between forward and backward pass, a custom autograd function (torch.autograd.SingleTensorFunction) that saves
# nothing keeps no memory: a chain of them takes what its outputs take, as a chain of built-in operators does that save nothing either.
#
# What happens (TorchSharp 0.107.0, libtorch-cpu-linux-x64 2.10.0, .NET 10): a chain of custom functions allocates twice as much. For each
# output TorchSharp makes a second tensor of the same size (torch.empty_like), from which it could make zeros if the output should get no
# gradient, and keeps it until the node goes, also where every output gets one, and where set_materialize_grads(false) was called. A
# processor gives such memory no pages, since nothing writes it; a GPU has no memory but real one. So an operator of one's own that is written to
# save memory, such as one that unpacks quantised weights again in its backward pass, can take more than the one that it replaces.
#
# Output seen: kept for a backward pass: built-in 1.0, custom 2.0 times the outputs; after it 0.0 and 0.0
#
# Needs the .NET 10 SDK, NuGet and perl. Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
cat > torch.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <SelfContained>false</SelfContained>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="TorchSharp" Version="0.107.0" />
    <PackageReference Include="libtorch-cpu-linux-x64" Version="2.10.0" />
  </ItemGroup>
</Project>
XML
cat > Program.cs <<'CS'
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

const int Operators = 8;

// 64 MiB of float32: malloc takes pages of their own for such a tensor, and gives them back at once.
const long Numbers = 16L << 20;
const double OutputBytes = Operators * 4.0 * Numbers;

// Types are loaded and threads started by the first round.
_ = Kept(x => Negated.apply(x));
var (builtIn, afterBuiltIn) = Kept(x => x.neg());
var (custom, afterCustom) = Kept(x => Negated.apply(x));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"kept for a backward pass: built-in {builtIn:0.0}, custom {custom:0.0} times the outputs; after it {afterBuiltIn:0.0} and {afterCustom:0.0}"));
return Math.Abs(builtIn - 1) < 0.1 && Math.Abs(custom - 2) < 0.1 && afterBuiltIn < 0.1 && afterCustom < 0.1 ? 0 : 1;

// Of the outputs' bytes, what the process has more after the forward passes, and after the backward pass.
static (double Between, double After) Kept(Func<Tensor, Tensor> operation)
{
    using var x = ones(Numbers, requires_grad: true);
    using var gradient = ones(Numbers);
    var before = AddressSpace();
    double between;
    using (NewDisposeScope())
    {
        var outputs = new List<Tensor> { x };
        for (var i = 0; i < Operators; i++) outputs.Add(operation(outputs[^1]));
        between = AddressSpace() - before;
        outputs[^1].backward([gradient]);
        x.grad = null;
    }

    GC.Collect();
    GC.WaitForPendingFinalizers();
    return (between / OutputBytes, Math.Max(0, AddressSpace() - before) / OutputBytes);
}

static double AddressSpace() =>
    1024.0 * long.Parse(File.ReadLines("/proc/self/status").Single(l => l.StartsWith("VmSize:")).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);

internal sealed class Negated : autograd.SingleTensorFunction<Negated>
{
    public override string Name => nameof(Negated);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false);
        return ((Tensor)vars[0]).neg();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output.neg()];
}
CS
dotnet build -c Release -v q -o out > build.txt 2>&1 || { cat build.txt; exit 1; }

# As TorchSharp's own library asks for a newer libstdc++ than Debian 12 and Ubuntu 22.04 have, without needing it: the demand becomes a
# weak one.
perl -0777 -pi -e '
  my $h = 0;
  for (unpack "C*", "GLIBCXX_3.4.32") { $h = ($h << 4) + $_; my $g = $h & 0xf0000000; $h = ($h ^ ($g >> 24)) & ~$g & 0xffffffff; }
  my $name = pack "V", $h;
  s/\Q$name\E\0\0/$name\x02\0/' out/libLibTorchSharp.so

dotnet out/torch.dll
