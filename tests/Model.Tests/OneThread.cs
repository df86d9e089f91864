using System.Runtime.CompilerServices;
using TorchSharp;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Models here are too small to be worth a second thread for an operator, and one that waits for its turn on a busy machine
/// makes a test take minutes.
/// </summary>
internal static class OneThread
{
    [ModuleInitializer]
    internal static void Set() => torch.set_num_threads(1);
}
