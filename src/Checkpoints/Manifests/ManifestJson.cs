using System.Text.Json.Serialization;

namespace LisaOrleans.Checkpoints;

[JsonSourceGenerationOptions(
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(RunHead))]
[JsonSerializable(typeof(LeaseDocument))]
internal sealed partial class ManifestJson : JsonSerializerContext;
