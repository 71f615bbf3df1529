namespace Causeway.Realtime.Sql.Tests;

/// <summary>A real store that a test makes fail, at the places where a database may.</summary>
internal sealed class FaultyLogs(IRoomLogStore store) : IRoomLogStore
{
    private int _appends;

    /// <summary>What befalls the next appends, one after the other; then all is well.</summary>
    public Queue<Fault> Faults { get; } = new();

    /// <summary>Awaited before each append that is not at fault.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Whether anything but an append fails.</summary>
    public bool IsAway { get; set; }

    public int Appends => Volatile.Read(ref _appends);

    public Task<RoomLogHead> OpenAsync(RoomId room, RoomLogLimits limits, CancellationToken cancellationToken) => IsAway ? throw Away() : store.OpenAsync(room, limits, cancellationToken);

    public Task<bool> ExistsAsync(RoomId room, CancellationToken cancellationToken) => IsAway ? throw Away() : store.ExistsAsync(room, cancellationToken);

    public async Task<IReadOnlyList<RoomLogAppended>> AppendAsync(IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _appends);
        if (!Faults.TryDequeue(out var fault))
        {
            await Gate;
            return await store.AppendAsync(messages, cancellationToken);
        }

        switch (fault)
        {
            case Fault.Refused:
                throw Away();
            case Fault.Broken:
                throw new InvalidOperationException("A bug of the store's.");
            case Fault.CutOffAfterTheCommit:
                throw new RoomLogUnavailableException("cut") { Doubtful = await store.AppendAsync(messages, cancellationToken) };
            case Fault.CutOffBeforeTheCommit:
                throw new RoomLogUnavailableException("cut") { Doubtful = [.. messages.Select(static (message, i) => new RoomLogAppended(RoomLogAppendStatus.Appended, 1_000_000 + i, message.Message.Id))] };
            case Fault.HangsInTheCommit:
                await Gate;
                return await store.AppendAsync(messages, CancellationToken.None);
            default:
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                throw Away();
        }
    }

    public Task<bool?> ConfirmAsync(IReadOnlyList<RoomLogAppended> doubtful, IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken) =>
        IsAway ? throw Away() : store.ConfirmAsync(doubtful, messages, cancellationToken);

    public Task<IReadOnlyList<RoomLogMessage>> ReadAsync(RoomId room, string epoch, long? after, long? before, int limit, CancellationToken cancellationToken) =>
        IsAway ? throw Away() : store.ReadAsync(room, epoch, after, before, limit, cancellationToken);

    public Task<IReadOnlyList<RoomLogPosition>> PositionsAsync(IReadOnlyCollection<RoomId> rooms, CancellationToken cancellationToken) =>
        IsAway ? throw Away() : store.PositionsAsync(rooms, cancellationToken);

    public Task<bool> DeleteAsync(RoomId room, CancellationToken cancellationToken) => IsAway ? throw Away() : store.DeleteAsync(room, cancellationToken);

    private static RoomLogUnavailableException Away() => new("The store is away.");
}

internal enum Fault
{
    Refused = 1,
    Broken,
    Hangs,
    HangsInTheCommit,
    CutOffAfterTheCommit,
    CutOffBeforeTheCommit,
}
