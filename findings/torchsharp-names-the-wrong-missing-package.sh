#!/usr/bin/env bash
# Guess, written first: TorchSharp with its libtorch package runs on every Linux that .NET 10 supports, Debian 12 and Ubuntu 22.04
# among them; and where it says that a package is not referenced, one is not referenced.
#
# What happens (TorchSharp 0.107.0, libtorch-cpu-linux-x64 2.10.0, .NET 10): libLibTorchSharp.so was linked with GCC 13 and requires
# GLIBCXX_3.4.32 of libstdc++, for one symbol only, std::ios_base_library_init, which nothing in it calls. Debian 12 and Ubuntu 22.04
# stop at GLIBCXX_3.4.30, so their loader refuses the library, and TorchSharp reports that the program "doesn't contain a reference to
# libtorch-cpu-linux-x64", which it does: libtorch itself has been loaded by then. The loader's own reason is not in the message.
#
# Needs the .NET 10 SDK, NuGet and readelf. The message is looked at where libstdc++ is older than GCC 13's. Exits 0 while this is so,
# 1 when it has changed.
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

try
{
    using var one = TorchSharp.torch.ones(1);
    Console.WriteLine($"ones(1) is {one[0]}");
    return 0;
}
catch (Exception e)
{
    Console.WriteLine(e);
    return 1;
}
CS
dotnet build -c Release -v q -o out > build.txt 2>&1 || { cat build.txt; exit 1; }
library=out/libLibTorchSharp.so
echo "versions of libstdc++ that libLibTorchSharp.so requires, the newest: $(readelf --version-info --wide "$library" | grep -o 'GLIBCXX_3[.0-9]*' | sort -V | tail -1)"
symbols=$(readelf --dyn-syms --wide "$library" | grep 'GLIBCXX_3\.4\.32' | awk '{print $8}')
echo "its symbols of GLIBCXX_3.4.32: $symbols"
[ "$(echo "$symbols" | wc -l)" = 1 ] && [[ "$symbols" == _ZSt21ios_base_library_initv@* ]] || exit 1

stdlib=$(ldconfig -p | awk '/libstdc\+\+\.so\.6 .*x86-64/ {print $NF; exit}')
echo "the newest version here: $(strings -a "$stdlib" 2>/dev/null | grep -o '^GLIBCXX_3[.0-9]*' | sort -V | tail -1)"
if strings -a "$stdlib" | grep -q '^GLIBCXX_3\.4\.32'; then
  echo "this libstdc++ is new enough, so there is no message to look at"
  exit 0
fi

dotnet out/torch.dll > run.txt 2>&1 && { cat run.txt; exit 1; }
grep -o "This application or script uses TorchSharp but doesn't contain a reference to [^ ]*" run.txt | head -1
grep -q "doesn't contain a reference to libtorch-cpu-linux-x64" run.txt && ! grep -q GLIBCXX run.txt
