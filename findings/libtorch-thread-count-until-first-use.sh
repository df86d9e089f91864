#!/usr/bin/env bash
# Guess, written first: torch.set_num_threads sets the number of a process, as its name and PyTorch's documentation have it, so the last
# call decides for all threads; or else, as OpenMP has it, the number of the calling thread, so that its own last call decides.
#
# What happens (TorchSharp 0.107.0, libtorch-cpu-linux-x64 2.10.0, .NET 10): neither. Until a thread has first asked libtorch for
# anything that depends on the number, its own call counts for nothing: it gets the number that any thread set last. From then on the
# number is its own, and other threads' calls no longer reach it. So whether a worker that set 1 runs with 1 depends on what another
# thread did between its call and its first matrix product.
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
using System.Threading;
using TorchSharp;

torch.set_num_threads(2);

// Three threads that are alive all the time, and do their work in turn.
var (early, late, other) = (new Worker(), new Worker(), new Worker());
early.Do(() => torch.set_num_threads(3));
early.Do(() => torch.get_num_threads());
late.Do(() => torch.set_num_threads(3));
other.Do(() => torch.set_num_threads(1));
var (ofEarly, ofLate) = (early.Ask(), late.Ask());
other.Do(() => torch.set_num_threads(4));
Console.WriteLine($"set 3 and used at once: {ofEarly}, and after another thread's next call: {early.Ask()}");
Console.WriteLine($"set 3 and used after another thread set 1: {ofLate}, and after that thread's next call: {late.Ask()}");
return (ofEarly, ofLate, early.Ask(), late.Ask()) == (3, 1, 3, 1) ? 0 : 1;

sealed class Worker
{
    private readonly SemaphoreSlim _begin = new(0), _done = new(0);
    private Action _work = () => { };

    public Worker() => new Thread(() =>
    {
        for (; ; )
        {
            _begin.Wait();
            _work();
            _done.Release();
        }
    }) { IsBackground = true }.Start();

    public void Do(Action work)
    {
        _work = work;
        _begin.Release();
        _done.Wait();
    }

    public int Ask()
    {
        var number = 0;
        Do(() => number = torch.get_num_threads());
        return number;
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
