namespace LisaOrleans.Silo.Tests;

/// <summary>Tests that count the tensors of the whole process: nothing else may make some meanwhile.</summary>
[CollectionDefinition(nameof(TensorNode), DisableParallelization = true)]
public sealed class TensorNodeCollection;
