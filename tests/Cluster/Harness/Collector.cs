using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;

namespace LisaOrleans.Cluster;

/// <summary>
/// An OpenTelemetry collector, as far as OTLP over HTTP needs one. It keeps the spans, and counts what it got by path. Field
/// numbers are those of opentelemetry/proto/trace/v1/trace.proto.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public Collector()
    {
        Endpoint = $"http://127.0.0.1:{Ports.Free()}/";
        _listener.Prefixes.Add(Endpoint);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Endpoint { get; }

    public ConcurrentQueue<SpanRecord> Spans { get; } = new();

    public ConcurrentDictionary<string, int> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Close();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var context = await _listener.GetContextAsync();
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var path = context.Request.Url!.AbsolutePath;
            if (path == "/v1/traces")
                foreach (var (_, resource) in Fields(body.ToArray()).Where(f => f.Field == 1)) ReadResource(resource);
            Requests.AddOrUpdate(path, 1, (_, n) => n + 1);
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Close();
        }
    }

    // ResourceSpans: resource = 1 (attributes = 1), scope_spans = 2 (spans = 2: trace_id = 1, span_id = 2, parent_span_id = 4, name = 5).
    private void ReadResource(byte[] message)
    {
        var instance = Fields(message).Where(f => f.Field == 1).SelectMany(r => Fields(r.Value)).Where(a => a.Field == 1)
            .Select(a => (Key: Text(Value(a.Value, 1)), Value: Text(Value(Value(a.Value, 2), 1))))
            .FirstOrDefault(a => a.Key == "service.instance.id").Value ?? "";
        foreach (var (_, scope) in Fields(message).Where(f => f.Field == 2))
            foreach (var (_, span) in Fields(scope).Where(f => f.Field == 2))
                Spans.Enqueue(new SpanRecord(instance, Hex(Value(span, 1)), Hex(Value(span, 2)), Hex(Value(span, 4)), Text(Value(span, 5))));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    private static byte[] Value(byte[] message, int field) =>
        Fields(message).Where(f => f.Field == field).Select(f => f.Value).FirstOrDefault() ?? [];

    // The fields that have a length; numbers are passed over.
    private static List<(int Field, byte[] Value)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is > 0 and var tag)
        {
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                fields.Add((WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray()));
            else input.SkipLastField();
        }

        return fields;
    }
}
