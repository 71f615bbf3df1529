using System.Collections.Concurrent;
using System.Text.Json;
using Causeway.Jobs;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>
/// Tells the room <c>causeway:jobs</c> what happens to jobs: a message <c>job.changed</c> for each job that changed within a tenth of a second, with what it is now. Nothing is
/// made while nobody is in the room, and nothing is kept: whoever joins asks the API first.
/// </summary>
internal sealed class JobRoom(JobChanges changes, Rooms rooms, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>The room; operators join it, by being admin or by <c>join:causeway:jobs</c>.</summary>
    public const string Id = ServerSettings.OwnNamespace + ":jobs";

    private const string Type = "job.changed";

    // Beyond it jobs come and go faster than anybody reads; what is left out changes again, or is seen by the API.
    private const int MostAtOnce = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly RoomId Room = RoomId.Parse(Id, null);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly ConcurrentDictionary<string, JobChange> _latest = new(StringComparer.Ordinal);
    private IDisposable? _subscription;
    private ITimer? _timer;
    private int _armed;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(_ => Publish(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _subscription = changes.Subscribe(Note);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _subscription?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _timer?.Dispose();
    }

    private void Note(JobChange change)
    {
        if (_latest.Count < MostAtOnce || _latest.ContainsKey(change.Id))
        {
            _latest[change.Id] = change;
        }

        if (Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer!.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }

    private void Publish()
    {
        Volatile.Write(ref _armed, 0);
        var isHeard = rooms.Find(Room) is { Connections: > 0 };
        foreach (var id in _latest.Keys)
        {
            if (_latest.TryRemove(id, out var change) && isHeard)
            {
                // A refusal leaves nothing undone: nobody relies on the room.
                _ = rooms.PublishAsync(Room, Type, JsonSerializer.SerializeToUtf8Bytes(Payload.From(change), Json), new PublishOptions { ConflateKey = id, Ephemeral = true }).AsTask();
            }
        }
    }

    private sealed record Payload(string JobId, string Kind, string Queue, string? State, int Attempts, JobResponse.ProgressResponse? Progress, DateTimeOffset At)
    {
        public static Payload From(JobChange change) => new(
            change.Id, change.Kind, change.Queue, change.State is { } state ? JobStates.NameOf(state) : null, change.Attempts,
            change.Progress is { } progress ? new(progress.Done, progress.Total, progress.Note) : null, change.At);
    }
}
