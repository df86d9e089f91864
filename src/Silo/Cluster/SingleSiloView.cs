using LisaOrleans.Grains;
using LisaOrleans.Training;

namespace LisaOrleans.Silo;

/// <summary>A cluster of this silo alone.</summary>
internal sealed class SingleSiloView(ILocalSiloDetails silo) : IClusterView
{
    public string? ClusterId => null;

    public IReadOnlyList<TrainingSilo> TrainingSilos() =>
    [
        new TrainingSilo(silo.SiloAddress.ToParsableString(), 0, Environment.ProcessorCount)
        {
            OnGpu = TrainingDevice.OnGpu,
            Kind = TrainingDevice.Kind,
        },
    ];

    public IReadOnlyList<SiloMember> Members() =>
        [new SiloMember(silo.SiloAddress.ToParsableString(), MemberState.Active, SiloRoles.All, 0, Environment.ProcessorCount, SiloVersion.Own)];
}
