using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Cli;

/// <summary><c>lisa generate</c>: continues a text, streamed.</summary>
internal static class GenerateCommand
{
    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        using var source = await ModelSource.OpenAsync(values, cancellationToken);
        var model = source.Model;
        var spec = values.Spec();
        var options = new GenerationOptions
        {
            MaxNewTokens = values.Count(KnownSettings.MaxNewTokens),
            Temperature = values.Number(KnownSettings.Temperature),
            TopP = values.Number(KnownSettings.TopP),
            Seed = spec.Seed,
        };
        if (options.MaxNewTokens < 1) throw new UsageException($"{values.Place(KnownSettings.MaxNewTokens.Key)}: must be at least 1");
        if (options.Temperature < 0) throw new UsageException($"{values.Place(KnownSettings.Temperature.Key)}: must be at least 0");
        if (options.TopP is <= 0 or > 1) throw new UsageException($"{values.Place(KnownSettings.TopP.Key)}: must be above 0 and at most 1");
        ModelSettings.PinThreads(spec);

        var prompt = values.Text(KnownSettings.Prompt);
        var config = model.ReadConfig();
        var template = source.Dataset(values).Template;
        foreach (var piece in Continue(model, model.Dtype(spec, config), prompt, template, options, cancellationToken))
            Console.Write(Console.IsOutputRedirected ? piece : Terminal.Clean(piece));
        Console.WriteLine();
        return ExitCodes.Done;
    }

    /// <summary>The continuation in pieces, as they are generated, up to what ends the model's turn: an id or the template's text.</summary>
    public static IEnumerable<string> Continue(
        AdaptedModel adapted, string dtype, string prompt, string template, GenerationOptions options, CancellationToken cancellationToken)
    {
        var text = adapted.LoadText();
        var encoder = text.Encoder(template);
        var ids = encoder.EncodePrompt(prompt);
        if (ids.Length == 0) throw new UsageException("--prompt: has no tokens");
        using var model = adapted.Load(dtype);
        if (ids.Length >= model.Config.MaxSequenceLength)
            throw new UsageException($"--prompt: has {ids.Length} tokens; the model takes fewer than {model.Config.MaxSequenceLength}");
        var decoder = new StreamingDecoder(text.Tokenizer);
        var end = encoder.EndOfTurn();
        var stop = new StopSequences(end.Text is { } written ? [written] : []);
        var stopping = options with { StopTokenIds = [.. options.StopTokenIds, .. text.StopIds(end)] };
        foreach (var id in TextGenerator.Generate(model, ids, stopping, cancellationToken))
        {
            yield return stop.Push(decoder.Push(id));
            if (stop.Found) break;
        }

        yield return stop.Push(decoder.Flush()) + stop.Flush();
    }
}
