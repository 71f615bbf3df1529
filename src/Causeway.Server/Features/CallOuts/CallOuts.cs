using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Asks backends who connects, joins and publishes, where the configuration says so. What the service's own rules refuse is not asked about.</summary>
internal sealed class CallOuts : IRoomGuard, IDisposable
{
    private readonly HttpMessageInvoker _client;
    private readonly CallOut? _connect;
    private readonly CallOut? _join;
    private readonly CallOut? _publish;
    private readonly Dictionary<string, (CallOut? Join, CallOut? Publish)> _namespaces = new(StringComparer.OrdinalIgnoreCase);

    public CallOuts(ServerSettings settings, CallOutsMetrics metrics, IMeterFactory meters, TimeProvider time, ILogger<CallOuts> logger)
    {
        var handler = OutgoingHttp.CreateHandler(time, settings.CallOuts.AllowPrivateNetworks ? null : AddressRules.IsPublic);
        handler.MaxResponseHeadersLength = 16;
        _client = new HttpMessageInvoker(handler);
        _connect = Make("connect", "connect", settings.CallOuts.Connect);
        _join = Make("join", "join", settings.CallOuts.Join);
        _publish = Make("publish", "publish", settings.CallOuts.Publish);
        foreach (var (name, asked) in settings.CallOuts.Namespaces)
        {
            _namespaces[name] = (Make("join", "join_" + name, asked.Join) ?? _join, Make("publish", "publish_" + name, asked.Publish) ?? _publish);
        }

        CallOut? Make(string kind, string name, CallOutSettings? one) => one is null ? null : new CallOut(kind, name, one, _client, metrics, meters, time, logger);
    }

    /// <summary>Whether somebody with a good credential may connect.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="context">Their request; null where a connection renews its credential.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>Who it is then, with what the backend lets them do besides; or why not.</returns>
    public async ValueTask<(Caller? Caller, ApiError? Error)> CheckConnectAsync(Caller caller, HttpContext? context, CancellationToken cancellationToken)
    {
        if (_connect is null)
        {
            return (caller, null);
        }

        var address = context?.Connection.RemoteIpAddress?.ToString();
        var origin = context?.Request.Headers.Origin.ToString() is { Length: > 0 } given ? given : null;
        var verdict = await _connect.AskAsync(
            $"{caller.Principal}\n{address}\n{origin}",
            () => new JsonObject
            {
                ["type"] = "connect",
                ["identity"] = Describe(caller.ToIdentity()),
                ["renewal"] = context is null,
                ["transport"] = context is null ? null : context.WebSockets.IsWebSocketRequest || context.Request.Path.StartsWithSegments("/ws", StringComparison.Ordinal) ? "websocket" : "sse",
                ["remote_address"] = address,
                ["origin"] = origin,
            },
            cancellationToken);
        return verdict.Error is { } refused ? (null, refused) : (verdict.Permissions.Count == 0 ? caller : caller with { Granted = verdict.Permissions }, null);
    }

    public bool GuardsJoin(RoomId room) => JoinOf(room) is not null;

    public bool GuardsPublish(RoomId room) => PublishOf(room) is not null;

    public async ValueTask<ApiError?> CheckJoinAsync(RealtimeIdentity identity, RoomId room, CancellationToken cancellationToken)
    {
        var verdict = await JoinOf(room)!.AskAsync(
            $"{KeyOf(identity)}\n{room}", () => new JsonObject { ["type"] = "join", ["identity"] = Describe(identity), ["room_id"] = room.Value }, cancellationToken);
        return verdict.Error;
    }

    public async ValueTask<ApiError?> CheckPublishAsync(RealtimeIdentity identity, RoomId room, string type, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var verdict = await PublishOf(room)!.AskAsync(
            $"{KeyOf(identity)}\n{room}\n{type}",
            () => new JsonObject
            {
                ["type"] = "publish",
                ["identity"] = Describe(identity),
                ["room_id"] = room.Value,
                ["message"] = new JsonObject { ["type"] = type, ["payload"] = JsonNode.Parse(payload.Span) },
            },
            cancellationToken);
        return verdict.Error;
    }

    public void Dispose()
    {
        foreach (var one in _namespaces.Values.SelectMany(static pair => new[] { pair.Join, pair.Publish }).Concat([_connect, _join, _publish]).Distinct())
        {
            one?.Dispose();
        }

        _client.Dispose();
    }

    /// <summary>The service's own rooms are for operators, and no application's business.</summary>
    private CallOut? JoinOf(RoomId room) => room.Namespace == ServerSettings.OwnNamespace ? null : _namespaces.TryGetValue(room.Namespace, out var own) ? own.Join : _join;

    private CallOut? PublishOf(RoomId room) => room.Namespace == ServerSettings.OwnNamespace ? null : _namespaces.TryGetValue(room.Namespace, out var own) ? own.Publish : _publish;

    private static string KeyOf(RealtimeIdentity identity) => (identity.Credential as Caller)?.Principal ?? identity.UserId ?? "";

    private static JsonObject Describe(RealtimeIdentity identity) => new()
    {
        ["user_id"] = identity.UserId,
        ["name"] = identity.Name,
        ["session_id"] = identity.SessionId,
        ["is_admin"] = identity.IsAdmin,
    };
}
