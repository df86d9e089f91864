#!/usr/bin/env bash
# Guess, written first: on a processor without instructions for bfloat16, libtorch widens blocks of both matrices to float32, so that a
# product takes up to twice as long as in float32, whichever of the two is transposed.
#
# What happens (TorchSharp 0.107.0, libtorch-cpu-linux-x64 2.10.0, .NET 10, x64 with AVX2 and no AVX-512, one thread, 512 x 512): float32
# makes 90 GFLOP/s in every layout. bfloat16 makes 3 to 9 as x @ W.T, the forward pass of a linear map, and 0.4 to 1.1 as x @ W, the
# gradient of its input: 100 times slower than float32, and several times slower than its own forward pass. float16 does the same. So
# weights in bfloat16 make training on such a machine slower by an order of magnitude, not by half. A vector times W.T, as decoding has
# it, is only 2 times slower.
#
# Seen: "float32 x @ W 92, x @ W.T 89; bfloat16 x @ W 0.9, x @ W.T 6.6 GFLOP/s".
# Needs the .NET 10 SDK, NuGet, perl and a processor without AVX-512; with one it says so and tries nothing. Exits 0 while this is so, 1
# when it has changed.
set -euo pipefail
if grep -q avx512 /proc/cpuinfo; then
  echo "this processor has AVX-512: not tried"
  exit 0
fi

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
using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

const int Size = 512;
set_num_threads(1);
using var noGrad = no_grad();
var (exact, exactT) = Rates(ScalarType.Float32);
var (rounded, roundedT) = Rates(ScalarType.BFloat16);
Console.WriteLine(FormattableString.Invariant(
    $"float32 x @ W {exact:0}, x @ W.T {exactT:0}; bfloat16 x @ W {rounded:0.0}, x @ W.T {roundedT:0.0} GFLOP/s"));
return exact > 20 * rounded && roundedT > 1.5 * rounded && Math.Abs(Math.Log(exactT / exact)) < Math.Log(1.5) ? 0 : 1;

(double Plain, double Transposed) Rates(ScalarType dtype)
{
    using var x = randn(Size, Size).to(dtype);
    using var w = randn(Size, Size).to(dtype);
    using var t = w.t();
    return (Rate(w), Rate(t));

    double Rate(Tensor right)
    {
        var best = double.MaxValue;
        var all = Stopwatch.StartNew();
        for (var i = 0; i < 5 || all.ElapsedMilliseconds < 300; i++)
        {
            var one = Stopwatch.StartNew();
            x.matmul(right).Dispose();
            best = Math.Min(best, one.Elapsed.TotalSeconds);
        }

        return 2.0 * Size * Size * Size / best / 1e9;
    }
}
CS
dotnet build -c Release -v q -o out > build.txt 2>&1 || { cat build.txt; exit 1; }

# TorchSharp's own library asks for GCC 13's libstdc++ for one symbol, which nothing in it calls. Debian 12 and Ubuntu 22.04 have an
# older one, so this makes the demand a weak one: VER_FLG_WEAK, in the entry that has the ELF hash of the version's name.
perl -0777 -pi -e '
  my $h = 0;
  for (unpack "C*", "GLIBCXX_3.4.32") { $h = ($h << 4) + $_; my $g = $h & 0xf0000000; $h = ($h ^ ($g >> 24)) & ~$g & 0xffffffff; }
  my $name = pack "V", $h;
  s/\Q$name\E\0\0/$name\x02\0/' out/libLibTorchSharp.so

dotnet out/torch.dll
