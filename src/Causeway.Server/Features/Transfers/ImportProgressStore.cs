using System.Text.Json;
using Causeway.Data;
using Causeway.Http;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>How far imports are; the only place with its SQL. A job that was lost to another worker can't write here, and so no batch either.</summary>
internal sealed class ImportProgressStore(Database database)
{
    /// <summary>Takes an import over from whoever had the job before.</summary>
    /// <returns>How far it is; null for the beginning.</returns>
    /// <exception cref="JobLostException">Another worker has the job by now.</exception>
    public Task<CsvImportReport?> TakeAsync(JobContext job, CancellationToken cancellationToken) => database.WriteAsync(
        async (unit, token) =>
        {
            var row = await unit.QuerySingleOrDefaultAsync<Row>(
                """
                INSERT INTO import_progress (job_id, fence) VALUES (@Id, @Fence)
                ON CONFLICT (job_id) DO UPDATE SET fence = excluded.fence WHERE import_progress.fence < excluded.fence RETURNING progress
                """,
                new { job.Id, job.Fence }, token) ?? throw new JobLostException(job.Id);
            return row.Progress is null ? null : JsonSerializer.Deserialize<CsvImportReport>(row.Progress);
        },
        cancellationToken);

    /// <summary>Notes how far it is, in a batch's transaction.</summary>
    /// <exception cref="JobLostException">Another worker has the job by now; let it through, so that the batch is undone.</exception>
    public static async Task KeepAsync(UnitOfWork unit, JobContext job, CsvImportReport progress, CancellationToken cancellationToken)
    {
        if (await unit.ExecuteAsync(
            "UPDATE import_progress SET progress = @progress WHERE job_id = @Id AND fence = @Fence",
            new { job.Id, job.Fence, progress = JsonSerializer.Serialize(progress) }, cancellationToken) == 0)
        {
            throw new JobLostException(job.Id);
        }
    }

    /// <summary>Forgets an import that is through.</summary>
    public static Task ForgetAsync(UnitOfWork unit, JobContext job, CancellationToken cancellationToken) =>
        unit.ExecuteAsync("DELETE FROM import_progress WHERE job_id = @Id", new { job.Id }, cancellationToken);

    private sealed record Row
    {
        public string? Progress { get; init; }
    }
}
