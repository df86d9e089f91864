using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>
/// Uploads a folder to the hub as one commit. Large files go first, by their SHA-256, in Git LFS's protocol; what the hub has
/// already it does not ask for again, so an interrupted push resumes.
/// </summary>
/// <param name="client">The hub.</param>
/// <param name="model">Where to.</param>
internal sealed class HubUpload(HubClient client, HubModelId model)
{
    private const string LfsType = "application/vnd.git-lfs+json";
    private const int SampleBytes = 512;

    /// <summary>Does it; returns the commit.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">Its files that are brought, relative to it.</param>
    /// <param name="told">Is told which files of an earlier model the commit deleted, if there were any.</param>
    /// <param name="isPrivate">Whether a model that is new there is shown to its owners only.</param>
    /// <param name="cancellationToken">Cancels; the hub then shows nothing of it.</param>
    /// <exception cref="HubException">The hub refuses something, or does not answer as a hub does.</exception>
    public async Task<string> PushAsync(
        string folder, IReadOnlyList<string> names, Action<IReadOnlyList<string>> told, bool isPrivate, CancellationToken cancellationToken)
    {
        var owner = model.Name.Split('/');
        var create = new JsonObject { ["type"] = "model", ["organization"] = owner[0], ["name"] = owner[1], ["private"] = isPrivate };
        try
        {
            await client.PostAsync(model, "api/repos/create", Json(create), cancellationToken, HttpStatusCode.Conflict);
        }
        catch (HubException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            // A token for this model alone makes no others, and need not.
            if (!await client.HasAsync(model, cancellationToken)) throw;
        }

        var modes = await ModesAsync(folder, names, cancellationToken);
        var lines = new List<JsonObject> { new() { ["key"] = "header", ["value"] = new JsonObject { ["summary"] = "Upload model by lisa" } } };
        var large = new List<FileBlob>();
        foreach (var name in names)
        {
            var path = Path.Combine(folder, name);
            if (modes[name] == "lfs")
            {
                var blob = await FileBlob.OpenAsync(path, null, cancellationToken);
                large.Add(blob);
                lines.Add(Line("lfsFile", new() { ["path"] = name, ["algo"] = "sha256", ["oid"] = blob.Sha256, ["size"] = blob.Length }));
            }
            else
            {
                var content = Convert.ToBase64String(await File.ReadAllBytesAsync(path, cancellationToken));
                lines.Add(Line("file", new() { ["path"] = name, ["encoding"] = "base64", ["content"] = content }));
            }
        }

        // A file of weights, a template or a tokenizer that was there before would be read with these, or in their place.
        var (_, there) = await client.ListAsync(model, cancellationToken);
        string[] others =
            [.. there.Where(n => WeightFiles.IsKnown(n) || ModelFileNames.Tokenizer.Contains(n) || ModelFileNames.IsTemplate(n)).Except(names)];
        foreach (var name in others) lines.Add(Line("deletedFile", new() { ["path"] = name }));

        if (large.Count > 0) await UploadAsync(large, cancellationToken);
        var text = string.Concat(lines.Select(l => l.ToJsonString() + "\n"));
        var commit = new StringContent(text, Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson"));
        var done = await client.PostAsync(model, $"api/models/{model.Name}/commit/{model.Revision}", commit, cancellationToken);
        if (others.Length > 0) told(others);
        return Text(done, "commitOid");
    }

    private static JsonObject Line(string key, JsonObject value) => new() { ["key"] = key, ["value"] = value };

    private static StringContent Json(JsonObject content, string type = "application/json") =>
        new(content.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue(type));

    private async Task<Dictionary<string, string>> ModesAsync(string folder, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var files = new JsonArray();
        foreach (var name in names)
        {
            await using var file = File.OpenRead(Path.Combine(folder, name));
            var sample = new byte[Math.Min(SampleBytes, file.Length)];
            await file.ReadExactlyAsync(sample, cancellationToken);
            files.Add(new JsonObject { ["path"] = name, ["sample"] = Convert.ToBase64String(sample), ["size"] = file.Length });
        }

        var answer = await client.PostAsync(
            model, $"api/models/{model.Name}/preupload/{model.Revision}", Json(new JsonObject { ["files"] = files }), cancellationToken);
        var modes = List(answer, "files").ToDictionary(f => Text(f, "path"), f => Text(f, "uploadMode"));
        return names.FirstOrDefault(n => !modes.ContainsKey(n)) is { } missing
            ? throw new HubException($"{client.Endpoint} does not say how it takes {missing}")
            : modes;
    }

    private async Task UploadAsync(IReadOnlyList<FileBlob> blobs, CancellationToken cancellationToken)
    {
        var batch = new JsonObject
        {
            ["operation"] = "upload",
            ["transfers"] = new JsonArray("basic", "multipart"),
            ["hash_algo"] = "sha256",
            ["ref"] = new JsonObject { ["name"] = model.Revision },
            ["objects"] = new JsonArray([.. blobs.Select(b => new JsonObject { ["oid"] = b.Sha256, ["size"] = b.Length })]),
        };
        var answer = await client.PostAsync(model, $"{model.Name}.git/info/lfs/objects/batch", Json(batch, LfsType), cancellationToken);
        foreach (var item in List(answer, "objects"))
        {
            var blob = blobs.FirstOrDefault(b => b.Sha256 == Text(item, "oid"))
                ?? throw new HubException($"{client.Endpoint} asks for a file that was not offered");
            if (item.TryGetProperty("error", out var error))
                throw new HubException($"{client.Endpoint} does not take a file of {blob.Length} bytes: {Text(error, "message")}");

            // Without actions the hub has it already.
            if (!item.TryGetProperty("actions", out var actions)) continue;
            if (actions.TryGetProperty("upload", out var upload)) await UploadAsync(blob, upload, cancellationToken);
            if (!actions.TryGetProperty("verify", out var verify)) continue;
            var came = Json(new JsonObject { ["oid"] = blob.Sha256, ["size"] = blob.Length }, LfsType);
            await client.PostAsync(model, Text(verify, "href"), came, cancellationToken);
        }
    }

    private async Task UploadAsync(FileBlob blob, JsonElement upload, CancellationToken cancellationToken)
    {
        var headers = upload.TryGetProperty("header", out var given) ? given.EnumerateObject().ToDictionary(h => h.Name, h => $"{h.Value}") : [];
        using var progress = new ProgressLine("uploading (MiB)", Math.Max(1, blob.Length >> 20), quiet: false);
        if (!headers.Remove("chunk_size", out var size))
        {
            await client.PutAsync(Text(upload, "href"), blob, 0, blob.Length, headers, cancellationToken);
            return;
        }

        // Parts go to an address each, by number; the hub is told their tags at the end.
        if (!long.TryParse(size, CultureInfo.InvariantCulture, out var chunk) || chunk < 1)
            throw new HubException($"{client.Endpoint} names no size of parts");
        var (parts, at) = (new JsonArray(), 0L);
        foreach (var (number, address) in Parts(headers))
        {
            var length = Math.Min(chunk, blob.Length - at);
            var tag = await client.PutAsync(address, blob, at, length, new Dictionary<string, string>(), cancellationToken)
                ?? throw new HubException($"{client.Endpoint} gives no tag for a part");
            parts.Add(new JsonObject { ["partNumber"] = number, ["etag"] = tag });
            at += length;
            progress.Report(at >> 20);
        }

        if (at < blob.Length) throw new HubException($"{client.Endpoint} has room for {at} of {blob.Length} bytes only");
        var all = Json(new JsonObject { ["oid"] = blob.Sha256, ["parts"] = parts }, LfsType);
        await client.PostAsync(model, Text(upload, "href"), all, cancellationToken);
    }

    private static IEnumerable<(int Number, string Address)> Parts(Dictionary<string, string> headers) => headers
        .Where(h => int.TryParse(h.Key, CultureInfo.InvariantCulture, out _))
        .Select(h => (int.Parse(h.Key, CultureInfo.InvariantCulture), h.Value))
        .OrderBy(p => p.Item1);

    private string Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new HubException($"{client.Endpoint} answers without the text '{name}'");

    private IEnumerable<JsonElement> List(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw new HubException($"{client.Endpoint} answers without the list '{name}'");
}
