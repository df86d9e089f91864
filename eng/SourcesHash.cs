// Compiled on the fly by MSBuild (RoslynCodeTaskFactory); see SourceVersion.targets, next to this file.

#nullable enable

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>One hash of many files: the beginning of the SHA-256 of what sha256sum prints for them, ordered by path.</summary>
public sealed class SourcesHash : Task
{
    private const int Digits = 12;

    /// <summary>The folder that paths are relative to.</summary>
    [Required] public string Root { get; set; } = "";

    [Required] public ITaskItem[] Files { get; set; } = Array.Empty<ITaskItem>();

    [Output] public string Hash { get; private set; } = "";

    public override bool Execute()
    {
        using var sha = SHA256.Create();
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Files.Select(f => f.GetMetadata("FullPath"))) files[file.Substring(Root.Length).Replace('\\', '/')] = file;
        var text = string.Concat(files.Select(f => $"{Hex(sha.ComputeHash(File.ReadAllBytes(f.Value)))}  {f.Key}\n"));
        Hash = Hex(sha.ComputeHash(Encoding.UTF8.GetBytes(text))).Substring(0, Digits);
        return true;
    }

    private static string Hex(byte[] bytes) => string.Concat(bytes.Select(b => b.ToString("x2")));
}
