using System.Data;
using System.Data.Common;
using Dapper;

namespace Causeway.Data;

/// <summary>A result that is read row by row, with the command it belongs to: leaving it early neither reads the rest nor leaves the command behind.</summary>
internal sealed class OpenReader : IAsyncDisposable
{
    private readonly DbDataReader _opened;
    private readonly IDbCommand? _command;

    private OpenReader(DbDataReader opened)
    {
        var wrapped = opened as IWrappedDataReader;
        _opened = opened;
        _command = wrapped?.Command;

        // The driver's own, without a call more for each value.
        Rows = wrapped?.Reader as DbDataReader ?? opened;
    }

    public DbDataReader Rows { get; }

    /// <summary>Whether the last row was read.</summary>
    public bool IsThrough { get; set; }

    public static async Task<OpenReader> ExecuteAsync(DbConnection connection, CommandDefinition command) =>
        new(await connection.ExecuteReaderAsync(command).ConfigureAwait(false));

    public async ValueTask DisposeAsync()
    {
        if (!IsThrough)
        {
            // Or PostgreSQL would send all that is left, only for it to be thrown away.
            _command?.Cancel();
        }

        await _opened.DisposeAsync().ConfigureAwait(false);
        _command?.Dispose();
    }
}
