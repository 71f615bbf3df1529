using Causeway.Data;

namespace Causeway.Server;

/// <summary>Writes an import's batches.</summary>
internal static class ImportBatches
{
    /// <summary>Writes a batch in one transaction; a dry run does all of it and undoes it.</summary>
    /// <param name="database">Where.</param>
    /// <param name="isDryRun">Whether nothing is to be kept.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task WriteBatchAsync(this Database database, bool isDryRun, Func<UnitOfWork, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(
                async (unit, token) =>
                {
                    await write(unit, token);
                    if (isDryRun)
                    {
                        throw new NothingIsKeptException();
                    }
                },
                cancellationToken);
        }
        catch (NothingIsKeptException)
        {
            // Everything was tried, and is undone.
        }
    }

    /// <summary>Ends the transaction of a dry run.</summary>
    private sealed class NothingIsKeptException : Exception;
}
