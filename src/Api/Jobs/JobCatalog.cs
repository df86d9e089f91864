using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>The jobs of a store. A job that is to be imported has a second document in <c>imports/</c>, so that it is found at once.</summary>
internal sealed partial class JobCatalog(IBlobStore store, ILogger<JobCatalog> logger)
{
    private readonly DocumentSet<JobDocument> _jobs = new(store, "jobs");

    /// <summary>The jobs that are to be imported, and by which silo.</summary>
    public DocumentSet<JobImport> Imports { get; } = new(store, UnnamedWork.Imports);

    /// <summary>Keeps a new job; if there already is one with this id, it stays as it is.</summary>
    public async Task<JobDocument> AddAsync(JobDocument job, CancellationToken cancellationToken)
    {
        await Imports.TryCreateAsync(job.Id, new JobImport { CreatedAt = job.CreatedAt }, cancellationToken);
        return await _jobs.TryCreateAsync(job.Id, job, cancellationToken) ? job : await GetAsync(job.Id, cancellationToken);
    }

    /// <summary>All jobs whose documents can be read, newest first.</summary>
    public async Task<IReadOnlyList<JobDocument>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _jobs.ListAsync(LogDamaged, cancellationToken))
            .OrderByDescending(j => j.CreatedAt).ThenByDescending(j => j.Id, StringComparer.Ordinal)];

    /// <summary>The ids of all jobs, in no order.</summary>
    public IAsyncEnumerable<string> IdsAsync(CancellationToken cancellationToken) => _jobs.IdsAsync(cancellationToken);

    /// <summary>A job, or null.</summary>
    public async Task<JobDocument?> FindAsync(string id, CancellationToken cancellationToken) =>
        ApiIds.IsId(id, ApiIds.JobPrefix) ? (await _jobs.FindAsync(id, cancellationToken))?.Value : null;

    /// <summary>A job that must be there.</summary>
    /// <exception cref="ApiException">It is not.</exception>
    public async Task<JobDocument> GetAsync(string id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken)
        ?? throw ApiException.NotFound($"Could not find fine tune: {ApiText.Shorten(id)}", "fine_tune_id", "fine_tune_not_found");

    /// <summary>Adds a line to the log of a job that is to be imported, unless it is there.</summary>
    public Task NoteOnceAsync(string id, JobLogEntry entry, CancellationToken cancellationToken) => _jobs.UpdateAsync(
        id,
        j => j.Phase != JobPhases.Validating || j.Log.Any(l => l.Message == entry.Message) ? null : j with { Log = [.. j.Log, entry] },
        cancellationToken);

    /// <inheritdoc cref="DocumentSet{T}.UpdateAsync"/>
    public Task<JobDocument?> UpdateAsync(string id, Func<JobDocument, JobDocument?> change, CancellationToken cancellationToken) =>
        _jobs.UpdateAsync(id, change, cancellationToken);

    private void LogDamaged(InvalidDataFileException e) => LogDamaged(e.Message);

    [LoggerMessage(Level = LogLevel.Error, Message = "A job is left out of the list: {Reason}")]
    private partial void LogDamaged(string reason);
}
