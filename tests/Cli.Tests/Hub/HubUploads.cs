using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Cli.Tests;

/// <summary>The side of <see cref="HubServer"/> that takes models: preupload, Git LFS with whole files or parts, commits.</summary>
/// <param name="chunk">Bytes of a part; 0 for whole files.</param>
internal sealed class HubUploads(int chunk)
{
    private readonly Dictionary<string, byte[]> _large = [];
    private readonly Dictionary<string, SortedDictionary<int, byte[]>> _parts = [];

    /// <summary>Whether the token may make models.</summary>
    public bool MayCreate { get; set; } = true;

    /// <summary>How many of the next uploads it is too busy for.</summary>
    public int Busy { get; set; }

    /// <summary>What was committed.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Files that commits deleted.</summary>
    public List<string> Deleted { get; } = [];

    /// <summary>The body of the request that makes a model.</summary>
    public string? Created { get; private set; }

    /// <summary>Large files that were asked for, by their hash.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Answers; null where a request is none of these.</summary>
    public async Task<IResult?> AnswerAsync(HttpRequest request, string large)
    {
        using var memory = new MemoryStream();
        await request.Body.CopyToAsync(memory);
        var body = memory.ToArray();
        var path = request.Path.Value!;
        const string Large = "/large-upload/";
        if (path.StartsWith(Large, StringComparison.Ordinal)) return Put(request, path[Large.Length..].Split('/'), body);
        const string Api = $"/api/models/{HubServer.Model}";
        return path switch
        {
            "/api/repos/create" => Create(body),
            $"{Api}/preupload/main" => Results.Json(new { files = Parse(body)["files"]!.AsArray().Select(Mode) }),
            $"/{HubServer.Model}.git/info/lfs/objects/batch" =>
                Results.Json(new { objects = Parse(body)["objects"]!.AsArray().Select(o => Action(o!, $"{large}{Large}")) }),
            $"{Api}/commit/main" => Commit(body),
            "/complete" => Complete(Parse(body)),
            "/verify" => _large.ContainsKey(Text(Parse(body), "oid")) ? Results.Ok() : Results.NotFound(),
            _ => null,
        };
    }

    private static JsonNode Parse(byte[] body) => JsonNode.Parse(body)!;

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static object Mode(JsonNode? file)
    {
        var name = Text(file!, "path");
        Assert.True(Convert.FromBase64String(Text(file!, "sample")).Length <= 512);
        return new { path = name, uploadMode = name.EndsWith(".safetensors", StringComparison.Ordinal) ? "lfs" : "regular" };
    }

    private IResult Create(byte[] body)
    {
        if (!MayCreate) return Results.StatusCode(403);
        (var before, Created) = (Created, System.Text.Encoding.UTF8.GetString(body));
        return before is null ? Results.Json(new { url = "there" }) : Results.Conflict();
    }

    private object Action(JsonNode item, string large)
    {
        var (oid, size) = (Text(item, "oid"), item["size"]!.GetValue<long>());
        if (_large.ContainsKey(oid)) return new { oid, size };
        Asked.Add(oid);
        var verify = new { href = "/verify" };
        var signed = new Dictionary<string, string> { ["x-signed"] = "yes" };
        if (chunk == 0) return new { oid, size, actions = new { upload = new { href = $"{large}{oid}", header = signed }, verify } };
        var header = Enumerable.Range(1, (int)((size + chunk - 1) / chunk)).ToDictionary(i => $"{i:D5}", i => $"{large}{oid}/{i}");
        header["chunk_size"] = chunk.ToString(CultureInfo.InvariantCulture);
        return new { oid, size, actions = new { upload = new { href = "/complete", header }, verify } };
    }

    private IResult Put(HttpRequest request, string[] place, byte[] body)
    {
        // This host is not the hub, and must not see the token.
        if (request.Headers.Authorization.Count > 0) return Results.StatusCode(400);
        if (Busy-- > 0) return Results.StatusCode(503);
        if (place.Length == 1)
        {
            if (request.Headers["x-signed"] != "yes") return Results.StatusCode(403);
            _large[place[0]] = body;
            return Results.Ok();
        }

        var parts = _parts.TryGetValue(place[0], out var known) ? known : _parts[place[0]] = [];
        parts[int.Parse(place[1], CultureInfo.InvariantCulture)] = body;
        request.HttpContext.Response.Headers.ETag = $"\"tag-{place[1]}\"";
        return Results.Ok();
    }

    private IResult Complete(JsonNode body)
    {
        var oid = Text(body, "oid");
        foreach (var part in body["parts"]!.AsArray())
            if (Text(part!, "etag").Trim('"') != $"tag-{part!["partNumber"]!.GetValue<int>()}") return Results.StatusCode(400);
        byte[] whole = [.. _parts[oid].Values.SelectMany(p => p)];
        if (Convert.ToHexStringLower(SHA256.HashData(whole)) != oid) return Results.StatusCode(400);
        _large[oid] = whole;
        return Results.Ok();
    }

    private IResult Commit(byte[] body)
    {
        foreach (var line in System.Text.Encoding.UTF8.GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = (Text(JsonNode.Parse(line)!, "key"), JsonNode.Parse(line)!["value"]!);
            if (key == "file") Files[Text(value, "path")] = Convert.FromBase64String(Text(value, "content"));
            else if (key == "lfsFile") Files[Text(value, "path")] = _large[Text(value, "oid")];
            else if (key == "deletedFile") Deleted.Add(Text(value, "path"));
            else if (key != "header") return Results.StatusCode(400);
        }

        return Results.Json(new { commitOid = HubServer.Commit });
    }
}
