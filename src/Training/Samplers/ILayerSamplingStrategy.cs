namespace LisaOrleans.Training;

/// <summary>Chooses the decoder layers of a period. To add one: implement this, and list it in <see cref="LayerSampling"/>.</summary>
public interface ILayerSamplingStrategy
{
    /// <summary>Its value for <see cref="TrainingSpec.LisaStrategy"/>.</summary>
    string Name { get; }

    /// <summary>The layers of a period, ascending. A pure function of its arguments: there is no state to save.</summary>
    /// <param name="spec">The run's settings.</param>
    /// <param name="layerCount">Decoder layers of the model.</param>
    /// <param name="period">The period, from 0.</param>
    IReadOnlyList<int> Select(TrainingSpec spec, int layerCount, long period);
}
