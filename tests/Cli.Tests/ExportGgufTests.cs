using LisaOrleans.Checkpoints;
using LisaOrleans.Gguf.Tests;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Cli.Tests;

public sealed class ExportGgufTests
{
    [Fact]
    public async Task Export_gguf_has_the_numbers_that_the_folder_has()
    {
        using var folder = new TempFolder();
        await Lisa.SucceedsAsync(Sample.Train(folder["out"], more: ["--max-steps", "3", "--dtype", "bfloat16", "--compute-dtype", "float32"]));
        await Lisa.SucceedsAsync(
            "export", "default", "--store", folder["out/lisa-store"], "--output", folder["gguf"], "--format", "gguf", "--outtype", "f32");
        Assert.Equal(["Modelfile", "default-F32.gguf"], Directory.GetFiles(folder["gguf"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.StartsWith("FROM ./default-F32.gguf\n", File.ReadAllText(folder["gguf/Modelfile"]), StringComparison.Ordinal);

        // Trained numbers lie in float32 in the store; both exports round them alike.
        var file = new GgufFile(folder["gguf/default-F32.gguf"]);
        using var reader = SafetensorsReader.OpenFile(folder["out/model.safetensors"]);
        (string, string)[] names =
            [("token_embd.weight", "model.embed_tokens.weight"), ("blk.3.ffn_down.weight", "model.layers.3.mlp.down_proj.weight")];
        foreach (var (name, other) in names)
        {
            var info = reader.Tensors[other];
            Assert.Equal(TensorDType.BF16, info.DType);
            var exact = new float[info.Shape[0] * info.Shape[1]];
            new WeightView(other, info.DType, info.Shape, info.DType, reader.Pointer(info)).Read(0, exact);
            Assert.Equal(exact, file.Read(name).Numbers);
        }

        // It answers in what it was trained in, whatever this processor would rather compute in.
        using var source = await ModelSource.OpenAsync(
            new FolderBlobStore(folder["out/lisa-store"]), ManifestAddress.Last("default"), TestContext.Current.CancellationToken);
        using var model = ModelLoader.Load(source.Model.Folder, null, source.Model.Adapter, source.Model.ComputeDtype);
        Assert.Equal((ScalarType.BFloat16, ScalarType.Float32), (model.Dtypes.Storage, model.Dtypes.Compute));

        // What the environment says of GGUF files is no matter for a folder.
        using var process = Lisa.Start(
            new Dictionary<string, string> { ["LISA_OUTTYPE"] = "f32" },
            ["export", "default", "--store", folder["out/lisa-store"], "--output", folder["plain"]]);
        var plain = await process.EndAsync(TestContext.Current.CancellationToken);
        Assert.True(plain.ExitCode == 0, plain.Error);
        Assert.Equal(RunFolder.WeightsSha(folder["out"]), RunFolder.WeightsSha(folder["plain"]));
    }

    [Fact]
    public async Task Export_words_that_are_none_are_refused()
    {
        using var folder = new TempFolder();
        string[] export = ["export", "run", "--store", folder.Root, "--output", folder["out"]];
        await Lisa.RefusesAsync([.. export, "--format", "onnx"], "--format is 'onnx'", "hf, gguf");
        await Lisa.RefusesAsync([.. export, "--format", "gguf", "--outtype", "q4_0"], "--outtype is 'q4_0'", "q8_0");
        await Lisa.RefusesAsync([.. export, "--outtype", "q8_0"], "--outtype: is used only with --format gguf");
    }
}
