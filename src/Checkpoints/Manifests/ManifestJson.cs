using System.Text.Json.Serialization;

namespace LisaOrleans.Checkpoints;

[JsonSourceGenerationOptions(
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(RunHead))]
[JsonSerializable(typeof(KeptSegment))]
[JsonSerializable(typeof(LeaseDocument))]
[JsonSerializable(typeof(StoreFormat))]
internal sealed partial class ManifestJson : JsonSerializerContext;
