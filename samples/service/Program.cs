// A service of one's own in front of a cluster: it submits runs and passes their events on. See docs/client.md.
//   dotnet run -c Release --project samples/service -- --Lisa:ClusterId demo --Lisa:Redis localhost:6390 --Lisa:Store out/demo-store
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using LisaOrleans;
using LisaOrleans.Client;

var builder = WebApplication.CreateBuilder(args);
var lisa = builder.Configuration.GetSection("Lisa");
var (model, data) = (lisa["Model"] ?? "samples/tiny-stories", lisa["Data"] ?? "samples/animals.jsonl");
builder.Services.AddLisaClient(lisa.Bind);
var app = builder.Build();
app.UseExceptionHandler(errors => errors.Run(ErrorResponses.WriteAsync));

app.MapGet("/health", () => "up");

app.MapPost("/runs", async (RunOrder order, LisaClient client, CancellationToken cancellationToken) =>
{
    var run = await client.SubmitAsync(
        new RunRequest
        {
            ModelFolder = model,
            DataFile = data,
            Spec = new TrainingSpec
            {
                RunName = order.Name,
                MaxSteps = order.Steps,
                LearningRate = order.LearningRate,
                SaveSteps = order.SaveSteps,
            },
        },
        null,
        cancellationToken);
    return Results.Created($"/runs/{run.Run}", run);
});

app.MapGet("/runs", (LisaClient client, CancellationToken cancellationToken) => client.ListAsync(cancellationToken));

app.MapGet("/runs/{name}", (string name, LisaClient client, CancellationToken cancellationToken) => client.GetAsync(name, cancellationToken));

// The id of an event is its position: a browser that lost its connection says with it where it was, and misses nothing.
app.MapGet("/runs/{name}/events", async (string name, HttpRequest request, LisaClient client, CancellationToken cancellationToken) =>
{
    await client.GetAsync(name, cancellationToken);
    return TypedResults.ServerSentEvents(Events(client, name, EventId.Read(request.Headers["Last-Event-ID"]), cancellationToken));
});

app.MapDelete("/runs/{name}", (string name, LisaClient client, CancellationToken cancellationToken) => client.CancelAsync(name, cancellationToken));

await app.RunAsync();

static async IAsyncEnumerable<SseItem<TrainingEvent>> Events(
    LisaClient client, string name, EventPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
{
    await foreach (var happened in client.WatchAsync(name, new WatchOptions { After = after }, cancellationToken))
        yield return new SseItem<TrainingEvent>(happened) { EventId = EventId.Write(happened.Position) };
}
