namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What may stand between a client and a service: requests go to the real one, unless a test says otherwise.</summary>
internal class HttpFaults() : DelegatingHandler(new HttpClientHandler())
{
    private int _requests;

    public int Requests => Volatile.Read(ref _requests);

    /// <value>Called with each request and its number from 1; answers in the service's place, or does not.</value>
    public Func<HttpRequestMessage, int, Task<HttpResponseMessage?>>? Before { get; set; }

    /// <value>Called with each answer of the service; may put another in its place.</value>
    public Func<HttpResponseMessage, int, Task<HttpResponseMessage>>? After { get; set; }

    /// <summary>Changes one byte of the first body that is put; returns how many were put so far.</summary>
    public Func<int> FlipByteOfFirstPut(int at, CancellationToken cancellationToken)
    {
        var puts = 0;
        Before = async (request, _) =>
        {
            if (request.Method != HttpMethod.Put || puts++ > 0) return null;
            var bytes = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            bytes[at] ^= 1;
            var content = new ByteArrayContent(bytes);
            foreach (var header in request.Content.Headers) content.Headers.TryAddWithoutValidation(header.Key, header.Value);
            request.Content = content;
            return null;
        };
        return () => puts;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _requests);
        if (Before is not null && await Before(request, number).WaitAsync(cancellationToken) is { } answer)
        {
            answer.RequestMessage = request;
            return answer;
        }

        var response = await base.SendAsync(request, cancellationToken);
        return After is null ? response : await After(response, number);
    }
}
