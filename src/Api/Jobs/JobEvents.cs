namespace LisaOrleans.Api;

/// <summary>
/// Pages of a job's events: those of its document, then those of its run. An entry of the run's journal comes after the step of the manifest
/// that it was written with, as for those who watch the run from its start: nothing that happens later changes its place.
/// </summary>
internal sealed class JobEvents(IGrainFactory grains)
{
    // As many as a grain gives at once.
    private const int LargestAnswer = 1000;

    /// <summary>A page, newest first unless the page says otherwise.</summary>
    /// <param name="job">The job.</param>
    /// <param name="run">Its run's status; null where there is none.</param>
    /// <param name="page">Which page.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<ApiList<JobEvent>> ListAsync(JobDocument job, RunStatus? run, ApiPage page, CancellationToken cancellationToken) =>
        ListAsync(job, run, run is null ? null : grains.GetGrain<IRunGrain>(run.Run), page, cancellationToken);

    /// <inheritdoc cref="ListAsync(JobDocument, RunStatus?, ApiPage, CancellationToken)"/>
    internal static async Task<ApiList<JobEvent>> ListAsync(
        JobDocument job, RunStatus? run, IRunGrain? source, ApiPage page, CancellationToken cancellationToken)
    {
        // Steps after the last manifest may be repeated, and entries may still come to lie before them: whoever goes on after the
        // newest of a page would miss these. So from the oldest on, steps are listed with their manifest.
        var steps = run is null ? 0 : page.Ascending ? Math.Min(run.Position.Step, run.ManifestStep) : run.Position.Step;
        var all = new Counts(job.Log.Count, steps, run?.Position.Entry ?? 0);
        var cursor = page.After is { } after ? await CountAsync(after, page.Ascending, all, source, cancellationToken)
            : page.Ascending ? new Counts(0, 0, 0) : all;
        IReadOnlyList<TrainingEvent> ofRun = source is null ? []
            : page.Ascending ? await AfterAsync(source, page.Limit, cursor, all, cancellationToken)
            : await BeforeAsync(source, page.Limit, cursor, cancellationToken);
        var ofDocument = job.Log.Select((entry, i) => JobEventText.Of(entry, i + 1));
        var events = ofRun.Select(e => JobEventText.Of(e, job, run!.TotalSteps));
        var listed = page.Ascending
            ? ofDocument.Skip((int)cursor.Document).Concat(events)
            : events.Concat(ofDocument.Take((int)cursor.Document).Reverse());
        var data = listed.Take(page.Limit).ToArray();
        var left = page.Ascending ? all.Total - cursor.Total : cursor.Total;
        return new ApiList<JobEvent>
        {
            Data = data,
            FirstId = data.FirstOrDefault()?.Id,
            LastId = data.LastOrDefault()?.Id,
            HasMore = left > data.Length,
        };
    }

    private static async Task<IReadOnlyList<TrainingEvent>> AfterAsync(
        IRunGrain run, int limit, Counts cursor, Counts all, CancellationToken cancellationToken) =>
        [.. (await run.GetEvents(new EventPosition(cursor.Step, cursor.Entry), limit).WaitAsync(cancellationToken))
            .TakeWhile(e => e.Position.Step <= all.Step && e.Position.Entry <= all.Entry)];

    // Newest first: the last ones are among the last steps and the last entries.
    private static async Task<IReadOnlyList<TrainingEvent>> BeforeAsync(
        IRunGrain run, int limit, Counts cursor, CancellationToken cancellationToken)
    {
        var from = new EventPosition(Math.Max(0, cursor.Step - limit), Math.Max(0, cursor.Entry - limit));
        var count = (int)(cursor.Step - from.Step + cursor.Entry - from.Entry);
        var events = new List<TrainingEvent>();
        while (events.Count < count)
        {
            var more = await run.GetEvents(from, Math.Min(count - events.Count, LargestAnswer)).WaitAsync(cancellationToken);

            // Steps may have gone since the run said how many it has.
            if (more.Count == 0) break;
            events.AddRange(more);
            from = more[^1].Position;
        }

        events.Reverse();
        return events;
    }

    /// <summary>
    /// How many events of each kind come before an event, counting the event itself if the next page has newer ones. An event that there
    /// is not now was a step that is being repeated: there is nothing newer yet.
    /// </summary>
    private static async Task<Counts> CountAsync(string after, bool withItself, Counts all, IRunGrain? run, CancellationToken cancellationToken)
    {
        if (!JobEventId.TryParse(after, out var id))
            throw ApiException.Invalid($"Invalid value for 'after': there is no event '{ApiText.Shorten(after)}'.", "after", "invalid_value");
        if (id.Number > all.Of(id.Kind)) return all;
        var own = withItself ? id.Number : id.Number - 1;
        return id.Kind switch
        {
            JobEventId.Document => new Counts(own, 0, 0),
            JobEventId.Step => new Counts(all.Document, own, await SearchAsync(all.Entry, async entry => !await IsStepFirst(id.Number, entry))),
            _ => new Counts(all.Document, await SearchAsync(all.Step, step => IsStepFirst(step, id.Number)), own),
        };

        // Whoever has seen everything before both of them gets the step next.
        async Task<bool> IsStepFirst(long step, long entry) =>
            await run!.GetEvents(new EventPosition(step - 1, entry - 1), 1).WaitAsync(cancellationToken) is [StepCompleted];
    }

    // How many of the numbers from 1 on come before, given that those that do are the first.
    private static async Task<long> SearchAsync(long count, Func<long, Task<bool>> isBefore)
    {
        var (low, high) = (0L, count);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (await isBefore(middle)) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private readonly record struct Counts(long Document, long Step, long Entry)
    {
        public long Total => Document + Step + Entry;

        public long Of(char kind) => kind switch
        {
            JobEventId.Document => Document,
            JobEventId.Step => Step,
            _ => Entry,
        };
    }
}
