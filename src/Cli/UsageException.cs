namespace LisaOrleans.Cli;

/// <summary>The command line or a settings file is wrong. The message says where, and what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);
