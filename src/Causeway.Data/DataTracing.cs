using System.Diagnostics;

namespace Causeway.Data;

/// <summary>The spans of reads and writes, on the activity source <c>Causeway.Data</c>: with the wait for a connection or the writer, and until the commit. No SQL and no values are in them.</summary>
internal static class DataTracing
{
    private static readonly ActivitySource Source = new("Causeway.Data");

    /// <summary>Begins a span under one that is there: what the service does for itself all day is no trace of its own.</summary>
    public static Activity? Start(string operation, DatabaseProvider provider)
    {
        if (!Source.HasListeners() || Activity.Current is null || Source.StartActivity(operation, ActivityKind.Client) is not { } span)
        {
            return null;
        }

        if (span.IsAllDataRequested)
        {
            span.SetTag("db.system.name", provider == DatabaseProvider.Postgres ? "postgresql" : "sqlite");
            span.SetTag("db.operation.name", operation);
        }

        return span;
    }

    /// <summary>Ends a span with a task that was begun under it.</summary>
    public static async Task<T> FollowAsync<T>(Task<T> task, Activity span)
    {
        using (span)
        {
            try
            {
                return await task.ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                span.SetTag("error.type", exception.GetType().FullName);
                span.SetStatus(ActivityStatusCode.Error);
                throw;
            }
        }
    }
}
