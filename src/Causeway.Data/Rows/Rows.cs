using System.Data;
using System.Data.Common;
using Dapper;

namespace Causeway.Data;

/// <summary>The few forms in which statements are run.</summary>
internal static class Rows
{
    public static Task<int> ExecuteAsync(DbConnection connection, DbTransaction? transaction, string sql, object? parameters, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(sql, parameters, transaction, cancellationToken));

    public static async Task<List<T>> QueryAsync<T>(
        DbConnection connection, DbTransaction? transaction, string sql, object? parameters, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<T>(Command(sql, parameters, transaction, cancellationToken)).ConfigureAwait(false);
        return rows.AsList();
    }

    public static Task<T?> QuerySingleOrDefaultAsync<T>(
        DbConnection connection, DbTransaction? transaction, string sql, object? parameters, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, transaction, cancellationToken));

    /// <summary>Text, whatever it looks like: Dapper takes a statement of one word for the name of a procedure.</summary>
    public static CommandDefinition Command(string sql, object? parameters, DbTransaction? transaction, CancellationToken cancellationToken) =>
        new(sql, parameters, transaction, commandType: CommandType.Text, cancellationToken: cancellationToken);
}
