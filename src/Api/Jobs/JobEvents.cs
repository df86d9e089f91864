namespace LisaOrleans.Api;

/// <summary>Pages of a job's events: those of its document, then the steps and the journal of its run, ordered by time.</summary>
internal sealed class JobEvents(IGrainFactory grains)
{
    /// <summary>A page, newest first unless the page says otherwise.</summary>
    /// <param name="job">The job.</param>
    /// <param name="run">Its run's status; null where there is none.</param>
    /// <param name="page">Which page.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ApiList<JobEvent>> ListAsync(JobDocument job, RunStatus? run, ApiPage page, CancellationToken cancellationToken)
    {
        var all = new Counts(job.Log.Count, run?.Position.Step ?? 0, run?.Position.Entry ?? 0);
        var source = run is null ? null : grains.GetGrain<IRunGrain>(run.Run);
        var cursor = page.After is { } after ? await CountAsync(after, page.Ascending, all, source, cancellationToken)
            : page.Ascending ? new Counts(0, 0, 0) : all;
        var ofRun = source is null ? [] : await RunEventsAsync(source, page, cursor, all, cancellationToken);
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

    private static async Task<IReadOnlyList<TrainingEvent>> RunEventsAsync(
        IRunGrain run, ApiPage page, Counts cursor, Counts all, CancellationToken cancellationToken)
    {
        // A position at the end of one kind gives only events of the other kind.
        var step = page.Ascending ? cursor.Step : Math.Max(0, cursor.Step - page.Limit);
        var entry = page.Ascending ? cursor.Entry : Math.Max(0, cursor.Entry - page.Limit);
        var steps = (await run.GetEvents(new EventPosition(step, all.Entry), page.Limit).WaitAsync(cancellationToken))
            .OfType<StepCompleted>().Where(s => page.Ascending || s.Record.Step <= cursor.Step);
        var entries = (await run.GetEvents(new EventPosition(all.Step, entry), page.Limit).WaitAsync(cancellationToken))
            .Where(e => e is not StepCompleted && (page.Ascending || e.Position.Entry <= cursor.Entry));
        var events = steps.Concat(entries).OrderBy(e => e.Time).ThenBy(
            e => e is StepCompleted ? 0 : 1).ThenBy(e => JobEventText.IdOf(e).Number).ToList();
        if (!page.Ascending) events.Reverse();
        return events;
    }

    /// <summary>
    /// How many events of each kind are older than an event, counting the event itself if the next page has newer ones.
    /// </summary>
    private static async Task<Counts> CountAsync(string after, bool withItself, Counts all, IRunGrain? run, CancellationToken cancellationToken)
    {
        if (!JobEventId.TryParse(after, out var id) || id.Number > all.Of(id.Kind))
            throw ApiException.Invalid($"Invalid value for 'after': there is no event '{ApiText.Shorten(after)}'.", "after", "invalid_value");
        var own = withItself ? id.Number : id.Number - 1;
        if (id.Kind == JobEventId.Document) return new Counts(own, 0, 0);
        var time = await TimeAsync(run!, id, all, cancellationToken);
        return id.Kind == JobEventId.Step
            ? new Counts(
                all.Document, own,
                await SearchAsync(all.Entry, async n => await TimeAsync(run!, new(JobEventId.Journal, n), all, cancellationToken) < time))
            : new Counts(
                all.Document,
                await SearchAsync(all.Step, async n => await TimeAsync(run!, new(JobEventId.Step, n), all, cancellationToken) <= time), own);
    }

    // How many of the numbers from 1 on are older, given that the older ones come first.
    private static async Task<long> SearchAsync(long count, Func<long, Task<bool>> isOlder)
    {
        var (low, high) = (0L, count);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (await isOlder(middle)) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private static async Task<DateTimeOffset> TimeAsync(IRunGrain run, JobEventId id, Counts all, CancellationToken cancellationToken)
    {
        var position = id.Kind == JobEventId.Step ? new EventPosition(id.Number - 1, all.Entry) : new EventPosition(all.Step, id.Number - 1);
        var found = await run.GetEvents(position, 1).WaitAsync(cancellationToken);
        return found is [{ } happened] ? happened.Time : DateTimeOffset.MaxValue;
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
