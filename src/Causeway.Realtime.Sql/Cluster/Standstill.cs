namespace Causeway.Realtime.Sql;

/// <summary>What a node that is frozen, or cut off without a word, must not do to the others: keep locks that they wait for.</summary>
internal static class Standstill
{
    /// <summary>The beginning of a transaction whose locks are those of rooms and nodes: PostgreSQL ends it after three seconds between two statements, sooner than other writes.</summary>
    public const string EndsSoon = "SET LOCAL idle_in_transaction_session_timeout = '3s';";
}
