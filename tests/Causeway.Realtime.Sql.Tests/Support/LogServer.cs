using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.Sql.Tests;

/// <summary>The live service on a real Kestrel, whose rooms' logs are where the test wants them; it may be stopped and started again on the same data.</summary>
internal sealed class LogServer : IAsyncDisposable
{
    /// <summary>A namespace of its own for each limit that a test needs.</summary>
    private static readonly Dictionary<string, NamespaceOptions> Namespaces = new()
    {
        ["log"] = new() { History = 10_000, HistorySeconds = 3_600 },
        ["short"] = new() { History = 5, HistorySeconds = 3_600 },
        ["brief"] = new() { History = 1_000, HistorySeconds = 60 },
        ["conflated"] = new() { History = 100, SlowConsumer = SlowConsumerPolicy.Conflate },
        ["fleeting"] = new() { History = 100, HistorySeconds = 3_600 },
        ["nolog"] = new() { History = 0 },
    };

    private readonly LogHome _home;
    private readonly string? _connection;
    private readonly TempDirectory _directory;
    private readonly TimeProvider _time;
    private readonly Func<IRoomLogStore, IRoomLogStore>? _wrap;
    private TestServer _server = null!;
    private bool _isGuest;
    private NodeLines? _lines;

    private LogServer(LogHome home, string? connection, TempDirectory directory, TimeProvider time, Func<IRoomLogStore, IRoomLogStore>? wrap) =>
        (_home, _connection, _directory, _time, _wrap) = (home, connection, directory, time, wrap);

    public Rooms Rooms => _server.Services.GetRequiredService<Rooms>();

    public Database Database => _server.Services.GetRequiredService<Database>();

    public RoomLogUpkeep Upkeep => _server.Services.GetRequiredService<RoomLogUpkeep>();

    public IServiceProvider Services => _server.Services;

    public LogProbe Logs => _server.Logs;

    /// <param name="home">Where the logs are.</param>
    /// <param name="time">Null for the real one.</param>
    /// <param name="postgres">A server of the test's own; null for the shared one.</param>
    /// <param name="wrap">Put between the service and its store.</param>
    public static async Task<LogServer> StartAsync(
        LogHome home, TimeProvider? time = null, PostgresServer? postgres = null, Func<IRoomLogStore, IRoomLogStore>? wrap = null)
    {
        string? connection = null;
        if (home == LogHome.Postgres)
        {
            NeedPostgres();
            connection = await (postgres ?? await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        }

        var server = new LogServer(home, connection, new TempDirectory(), time ?? TimeProvider.System, wrap);
        await server.StartAsync();
        return server;
    }

    /// <summary>A node of a cluster, of its own until others are started; it hears them.</summary>
    public static async Task<LogServer> StartNodeAsync(BackplaneHome home, PostgresServer? postgres = null, RabbitBroker? broker = null)
    {
        var lines = await NodeLines.NewAsync(home, postgres, broker);
        var server = new LogServer(LogHome.Postgres, lines.Database, new TempDirectory(), TimeProvider.System, null) { _lines = lines };
        await server.StartAsync();
        await server.InTouchAsync();
        return server;
    }

    /// <summary>Where its cluster is.</summary>
    public NodeLines Lines => _lines!;

    public Task InTouchAsync() => Eventually.True(() => Rooms.IsInTouch, what: "the node is in its cluster");

    /// <summary>Another process on the same data.</summary>
    /// <param name="lines">Over which lines; null for those of this one.</param>
    public async Task<LogServer> AnotherAsync(NodeLines? lines = null)
    {
        lines ??= _lines;
        var other = new LogServer(_home, lines?.Database ?? _connection, _directory, _time, _wrap) { _isGuest = true, _lines = lines };
        await other.StartAsync();
        if (lines is not null)
        {
            await other.InTouchAsync();
        }

        return other;
    }

    /// <summary>Ends the service and starts it anew: what was in memory is gone.</summary>
    public async Task RestartAsync()
    {
        await _server.DisposeAsync();
        await StartAsync();
    }

    public Task<LiveClient> ConnectAsync(string user) =>
        LiveClient.ConnectAsync(_server.BaseAddress, new RawHandshake { Headers = new Dictionary<string, string> { [UserHeader.Name] = user } });

    public Task<LiveClient> ConnectAsync() => LiveClient.ConnectAsync(_server.BaseAddress);

    public Task<SseReader> StreamAsync(string rooms, string? lastEventId = null) => SseReader.OpenAsync(new Uri(_server.BaseAddress, $"/sse?{rooms}"), lastEventId);

    /// <summary>Publishes <c>{"n":…}</c> as the server; a refusal fails the test.</summary>
    public async Task<PublishResult> PublishAsync(string room, int n, PublishOptions? options = null)
    {
        var result = await TryPublishAsync(room, n, options).AsTask().Within();
        Assert.Null(result.Error);
        return result;
    }

    public ValueTask<PublishResult> TryPublishAsync(string room, int n, PublishOptions? options = null) =>
        Rooms.PublishAsync(RoomId.Parse(room), "chat", JsonSerializer.SerializeToUtf8Bytes(new { n }), options);

    /// <summary>The numbers of a room's log, with their positions.</summary>
    public async Task<List<(long Offset, int N)>> LogAsync(string room, long after = 0)
    {
        var log = new List<(long, int)>();
        while (await Rooms.HistoryAsync(RoomId.Parse(room), log.Count > 0 ? log[^1].Item1 : after, null, 100) is { Count: > 0 } page)
        {
            log.AddRange(page.Select(static message => (message.Offset, JsonElement.Parse(message.Json.Span).GetProperty("payload").GetProperty("n").GetInt32())));
        }

        return log;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (!_isGuest)
        {
            _directory.Dispose();
        }
    }

    /// <summary>Skips the test where there is no PostgreSQL; in CI it fails.</summary>
    public static void NeedPostgres() => Need(PostgresServer.Missing);

    /// <summary>Skips the test where something is missing; in CI it fails.</summary>
    public static void Need(string? missing)
    {
        if (missing is not null)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
            Assert.Skip(missing);
        }
    }

    private async Task StartAsync()
    {
        var isDurable = _home != LogHome.Memory;
        _server = await TestServer.StartAsync(
            static app =>
            {
                app.MapRealtime();
                app.MapRoomEvents();
            },
            builder =>
            {
                builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
                builder.Services.AddSingleton(_time);
                builder.Services.AddDatabase(options =>
                {
                    options.Provider = _home == LogHome.Postgres ? DatabaseProvider.Postgres : DatabaseProvider.Sqlite;
                    options.ConnectionString = _connection;
                    options.SqliteFile = _directory["rooms.db"];
                    options.SqliteSynchronous = SqliteSynchronous.Normal;
                });
                var realtime = builder.Services.AddRealtime(options =>
                {
                    options.MessagesPerSecond = 1_000_000;
                    foreach (var (name, rules) in Namespaces)
                    {
                        options.Namespaces[name] = new NamespaceOptions { History = rules.History, HistorySeconds = rules.HistorySeconds, SlowConsumer = rules.SlowConsumer, Durable = isDurable && name is not ("fleeting" or "nolog") };
                    }
                });
                realtime.On<Note>("note", static (context, note, token) => context.PublishAsync(new { n = note.N }, token).AsTask());
                builder.Services.AddSingleton<IRealtimeAuthenticator, UserHeader>();
                if (!isDurable)
                {
                    return;
                }

                if (_wrap is { } wrap)
                {
                    builder.Services.AddSingleton(provider => wrap(provider.GetRequiredService<SqlRoomLogs>()));
                }

                builder.Services.AddDurableRooms();
                if (_lines is { Broker: { } broker, Exchange: var exchange })
                {
                    builder.Services.AddPostgresClusterStore();
                    builder.Services.AddRabbitMqBackplane(options => (options.Url, options.Exchange) = (broker, exchange));
                }
                else if (_lines is not null)
                {
                    builder.Services.AddPostgresBackplane();
                }
            });
        if (isDurable)
        {
            await _server.Services.GetRequiredService<Migrator>().UpAsync();
        }
    }

    internal sealed record Note(int N);

    /// <summary>Takes everybody for who they say they are.</summary>
    private sealed class UserHeader : IRealtimeAuthenticator
    {
        public const string Name = "X-User";

        public ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token, CancellationToken cancellationToken) =>
            ValueTask.FromResult(AuthenticationOutcome.Accept(context.Request.Headers[Name] is [{ } user] ? new RealtimeIdentity { UserId = user, Name = user.ToUpperInvariant() } : RealtimeIdentity.Anonymous));

        public ValueTask<AuthenticationOutcome> RefreshAsync(ConnectionInfo connection, string token, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
