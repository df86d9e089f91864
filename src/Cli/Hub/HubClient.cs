using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>
/// The part of the hub's protocol that models need to be fetched and brought. The token goes to the hub only: where it redirects to
/// another host, as it does for large files, that host gets none.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MostRedirects = 5;
    private const int PutTries = 5;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly HubOptions _options;
    private readonly TimeSpan _silence;
    private readonly HttpClient _http;

    /// <param name="options">Where the hub is.</param>
    /// <param name="silence">How long it may take nothing of what is sent, and then to answer or to go on with its answer; null for a minute.</param>
    public HubClient(HubOptions options, TimeSpan? silence = null)
    {
        (_options, _silence) = (options, silence ?? TimeSpan.FromSeconds(60));
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("lisa");
    }

    /// <summary>Its address.</summary>
    public Uri Endpoint => _options.Endpoint;

    public void Dispose() => _http.Dispose();

    /// <summary>The commit of a revision, and the names of its files.</summary>
    public async Task<(string Commit, IReadOnlyList<string> Names)> ListAsync(HubModelId model, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(model, HttpMethod.Get, $"api/models/{model.Name}/revision/{model.Revision}", null, cancellationToken);
        var body = await HubAnswer.ReadAsync(answer, $"{_options.Endpoint}", _silence, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(body);
            var commit = document.RootElement.GetProperty("sha").GetString() ?? "";
            if (!IsHash(commit, 40)) throw new HubException($"{_options.Endpoint} names no commit of {model}");
            var files = document.RootElement.GetProperty("siblings").EnumerateArray();
            return (commit, [.. files.Select(f => f.GetProperty("rfilename").GetString() ?? "")]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            var problem = e is JsonException ? JsonFault.Describe(e) : "sha or siblings are not there";
            throw new HubException($"{_options.Endpoint} does not describe {model} as a hub does: {problem}");
        }
    }

    /// <summary>What the hub says of a file.</summary>
    public async Task<HubFile> DescribeAsync(HubModelId model, string commit, string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(model, HttpMethod.Head, Address(model, commit, name), null, cancellationToken, follow: false);
        var hash = (Header(answer, "X-Linked-ETag") ?? Header(answer, "ETag") ?? "").Replace("W/", "", StringComparison.Ordinal).Trim('"');
        if (!IsHash(hash, 40) && !IsHash(hash, 64)) throw new HubException($"{_options.Endpoint} gives no hash (ETag) for {name} of {model}");
        return long.TryParse(Header(answer, "X-Linked-Size") ?? Header(answer, "Content-Length"), out var size) && size >= 0
            ? new HubFile(name, hash, size)
            : throw new HubException($"{_options.Endpoint} gives no size for {name} of {model}");
    }

    /// <summary>A file's bytes from an offset. The answer says whether they begin there or at the beginning of the file.</summary>
    public Task<HttpResponseMessage> ReadAsync(HubModelId model, string commit, string name, long from, CancellationToken cancellationToken) =>
        SendAsync(model, HttpMethod.Get, Address(model, commit, name), from > 0 ? new RangeHeaderValue(from, null) : null, cancellationToken);

    /// <summary>Whether the hub shows the model.</summary>
    public async Task<bool> HasAsync(HubModelId model, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await SendAsync(model, HttpMethod.Get, $"api/models/{model.Name}", null, cancellationToken);
            return true;
        }
        catch (HubException e) when (!e.IsPassing)
        {
            return false;
        }
    }

    /// <summary>Sends something to the hub, and reads the JSON of its answer.</summary>
    /// <param name="model">What it is about.</param>
    /// <param name="path">Where to: a path of the hub's, or an address that it gave.</param>
    /// <param name="content">What.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="alsoFine">A status that is not an error here; the answer is then not read.</param>
    public async Task<JsonElement> PostAsync(
        HubModelId model, string path, HttpContent content, CancellationToken cancellationToken, HttpStatusCode? alsoFine = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_options.Endpoint, path)) { Content = content };
        Authorize(request);
        var answer = await AnswerAsync(request, $"{_options.Endpoint}", cancellationToken);
        using var _ = answer.StatusCode == alsoFine ? answer : Checked(model, answer);
        if (answer.StatusCode == alsoFine) return default;
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            return bytes.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(bytes);
        }
        catch (JsonException)
        {
            throw new HubException($"{_options.Endpoint} does not answer in JSON");
        }
    }

    /// <summary>
    /// Sends a part of a file to an address that the hub gave, which is told no token unless it is the hub's own; several times
    /// if need be.
    /// </summary>
    /// <returns>The tag of what came there; null for none.</returns>
    public async Task<string?> PutAsync(
        string address, FileBlob blob, long from, long length, IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var target) || (target.Scheme != "https" && target.Scheme != _options.Endpoint.Scheme))
            throw new HubException($"{_options.Endpoint} names no address to upload to");
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await PutOnceAsync();
            }
            catch (HubException e) when (e.IsPassing && tries < PutTries)
            {
                await Task.Delay(s_pause * tries, cancellationToken);
            }
        }

        async Task<string?> PutOnceAsync()
        {
            await using var file = blob.OpenRead();
            file.Position = from;
            using var request = new HttpRequestMessage(HttpMethod.Put, target) { Content = new StreamContent(new FirstBytes(file, length)) };
            request.Content.Headers.ContentLength = length;
            Authorize(request);
            foreach (var (name, value) in headers)
                if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content.Headers.TryAddWithoutValidation(name, value);
            var place = $"the place that {_options.Endpoint} gave for a file";
            using var answer = await AnswerAsync(request, place, cancellationToken);
            return answer.IsSuccessStatusCode
                ? Header(answer, "ETag")
                : throw new HubException($"{place} answers {(int)answer.StatusCode}", IsPassing(answer.StatusCode), answer.StatusCode);
        }
    }

    private static string Address(HubModelId model, string commit, string name) =>
        $"{model.Name}/resolve/{commit}/{string.Join('/', name.Split('/').Select(Uri.EscapeDataString))}";

    private static bool IsHash(string text, int digits) => text.Length == digits && text.All(char.IsAsciiHexDigitLower);

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? values.First() : null;

    private async Task<HttpResponseMessage> SendAsync(
        HubModelId model, HttpMethod method, string path, RangeHeaderValue? range, CancellationToken cancellationToken, bool follow = true)
    {
        var address = new Uri(_options.Endpoint, path);
        for (var i = 0; i < MostRedirects; i++)
        {
            using var request = new HttpRequestMessage(method, address);
            request.Headers.Range = range;
            request.Headers.AcceptEncoding.ParseAdd("identity");
            Authorize(request);
            var answer = await AnswerAsync(request, $"{_options.Endpoint}", cancellationToken);
            if (answer.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return Checked(model, answer);
            }

            // The hub redirects a renamed model to its new name, and large files to where they are stored, which the first answer describes.
            var next = new Uri(address, answer.Headers.Location ?? throw new HubException($"{_options.Endpoint} sends on to nowhere"));
            if (!follow && Header(answer, "X-Linked-ETag") is not null) return answer;
            answer.Dispose();
            if (next.Scheme != "https" && next.Scheme != _options.Endpoint.Scheme)
                throw new HubException($"{_options.Endpoint} sends on to an address without https");
            address = next;
        }

        throw new HubException($"{_options.Endpoint} sends on more than {MostRedirects} times");
    }

    private void Authorize(HttpRequestMessage request)
    {
        if (_options.Token is { } token
            && request.RequestUri!.GetLeftPart(UriPartial.Authority) == _options.Endpoint.GetLeftPart(UriPartial.Authority))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    // The limit begins anew with each piece of what is sent. Answers to what is sent are short, and come whole.
    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, string who, CancellationToken cancellationToken)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timed.CancelAfter(_silence);
        var reading = HttpCompletionOption.ResponseHeadersRead;
        if (request.Content is { } content)
        {
            request.Content = new HeardContent(content, () => timed.CancelAfter(_silence));
            reading = HttpCompletionOption.ResponseContentRead;
        }

        try
        {
            return await _http.SendAsync(request, reading, timed.Token);
        }
        catch (HttpRequestException e)
        {
            throw new HubException($"{who} cannot be reached: {e.Message}", isPassing: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubException($"{who} does not answer within {_silence.TotalSeconds} seconds", isPassing: true);
        }
    }

    private static bool IsPassing(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private HubException Refusal(HubModelId model, HttpRequestMessage request, HttpStatusCode status) => new(
        status switch
        {
            HttpStatusCode.NotFound => $"{_options.Endpoint} has no model {model}, or it is private and the token (HF_TOKEN) may not see it",
            HttpStatusCode.Forbidden when request.Method == HttpMethod.Post =>
                $"{_options.Endpoint}: the token given (HF_TOKEN) may not write to {model.Name}; use one that may",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => _options.Token is null
                ? $"{_options.Endpoint} does not show {model} without a token; "
                    + "set HF_TOKEN to one that may read it, and accept the model's terms there"
                : $"{_options.Endpoint} does not show {model} to the token given (HF_TOKEN); accept the model's terms there, or use another",
            _ => $"{_options.Endpoint} answers {(int)status} for {model}",
        }, IsPassing(status), status);

    private HttpResponseMessage Checked(HubModelId model, HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) return answer;
        using (answer) throw Refusal(model, answer.RequestMessage!, answer.StatusCode);
    }
}
