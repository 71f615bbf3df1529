namespace Causeway.Realtime;

/// <summary>The protocol's own messages. Part of the wire contract: append only; the protocol reference has them in words.</summary>
internal static class ProtocolMessages
{
    private const string Member = """{"type":"object","required":["user_id","name","devices"],"properties":{"user_id":{"type":["string","null"],"description":"Null stands for everybody without identity."},"name":{"type":["string","null"]},"devices":{"type":"integer","minimum":1}},"additionalProperties":false}""";

    private const string Nothing = """{"type":"object","additionalProperties":true}""";

    private const string RoomAlone = """{"type":"object","properties":{"room_id":{"$ref":"#/components/schemas/room_id"}},"additionalProperties":true}""";

    private const string RoomAndReason = """{"type":"object","required":["room_id","reason"],"properties":{"room_id":{"$ref":"#/components/schemas/room_id"},"reason":{"type":"string"}},"additionalProperties":false}""";

    private const string WhoCame = """{"type":"object","required":["room_id","user_id","name","devices"],"properties":{"room_id":{"$ref":"#/components/schemas/room_id"},"user_id":{"type":"string"},"name":{"type":["string","null"]},"devices":{"type":"integer","minimum":0}},"additionalProperties":false}""";

    /// <summary>What clients send.</summary>
    public static IReadOnlyList<MessageDescription> Client { get; } =
    [
        new("ping", "ping", "Asks whether the line is alive, and how fast.", Nothing, """{"type":"ping","ref":"1"}""") { Replies = ["pong"] },
        new("join_room", "join_room", "Joins a room: an answer, then what was missed since a position or the last messages, then whatever is published.",
            """{"type":"object","properties":{"room_id":{"$ref":"#/components/schemas/room_id"},"since":{"type":["object","null"],"required":["epoch","offset"],"properties":{"epoch":{"type":"string"},"offset":{"type":"integer","minimum":0}},"description":"Where this client was: everything after it comes again.","additionalProperties":true},"history":{"type":"integer","minimum":0,"description":"The last so many messages, where nothing can be recovered."},"echo":{"type":"boolean","default":true,"description":"Whether this client gets its own messages."}},"additionalProperties":true}""",
            """{"type":"join_room","ref":"2","room_id":"lobby","payload":{"history":10}}""") { Replies = ["joined"], Room = RoomField.Optional },
        new("leave_room", "leave_room", "Leaves a room; the connection stays.", RoomAlone, """{"type":"leave_room","ref":"7","room_id":"lobby"}""") { Room = RoomField.Optional },
        new("presence", "presence", "Asks who is in a room, at most 1,000 of them.", RoomAlone, """{"type":"presence","ref":"3","room_id":"lobby"}""") { Replies = ["present"], Room = RoomField.Optional },
        new("history", "history", "Asks for messages of a room's log, ascending; the bounds are exclusive. Members only.",
            """{"type":"object","properties":{"room_id":{"$ref":"#/components/schemas/room_id"},"after":{"type":"integer","minimum":0},"before":{"type":"integer","minimum":0},"limit":{"type":"integer","minimum":1,"default":50,"description":"At most 100 come."}},"additionalProperties":true}""",
            """{"type":"history","ref":"4","room_id":"lobby","payload":{"limit":20}}""") { Replies = ["messages"], Room = RoomField.Optional },
        new("typing", "typing", "Tells a room that its user types, or no longer does; never stored.",
            """{"type":"object","required":["is_typing"],"properties":{"room_id":{"$ref":"#/components/schemas/room_id"},"is_typing":{"type":"boolean"}},"additionalProperties":true}""",
            """{"type":"typing","ref":"5","room_id":"lobby","payload":{"is_typing":true}}""") { Replies = ["published"], Room = RoomField.Optional },
        new("refresh_token", "refresh_token", "Gives the connection a new credential of the same user before the old one ends.",
            """{"type":"object","required":["access_token"],"properties":{"access_token":{"type":"string","minLength":1}},"additionalProperties":true}""",
            """{"type":"refresh_token","ref":"6","payload":{"access_token":"eyJhbGciOiJIUzI1NiJ9.e30.signature"}}"""),
        new("publish", null, "Publishes to a room: any type that neither the protocol nor a handler takes, where the namespace lets members publish.", Nothing,
            """{"type":"chat","ref":"8","room_id":"lobby","payload":{"text":"hello"}}""") { Replies = ["published"], Room = RoomField.Required },
    ];

    /// <summary>What the server sends on a WebSocket.</summary>
    public static IReadOnlyList<MessageDescription> Server { get; } =
    [
        new("connected", "connected", "The server's first words.",
            """{"type":"object","required":["connection_id","user_id","node","heartbeat_seconds","idle_timeout_seconds","max_message_bytes","server_time"],"properties":{"connection_id":{"type":"string"},"user_id":{"type":["string","null"],"description":"Null without identity."},"node":{"type":"string"},"heartbeat_seconds":{"type":"integer"},"idle_timeout_seconds":{"type":"integer"},"max_message_bytes":{"type":"integer"},"server_time":{"type":"string","format":"date-time"}},"additionalProperties":false}""",
            """{"v":1,"type":"connected","payload":{"connection_id":"0199f3a0c1d2","user_id":null,"node":"a","heartbeat_seconds":25,"idle_timeout_seconds":60,"max_message_bytes":65536,"server_time":"2026-01-31T08:15:00.000Z"}}"""),
        new("pong", "pong", "The answer to ping.", Nothing, """{"v":1,"type":"pong","ref":"1","payload":{}}"""),
        new("ack", "ack", "The answer to what was done; a handler may add to it.",
            """{"type":"object","required":["status"],"properties":{"status":{"const":"ok"}},"additionalProperties":true}""",
            """{"v":1,"type":"ack","ref":"7","payload":{"status":"ok"}}"""),
        new("joined", "ack", "The answer to join_room. Where recovered is true, everything after the position follows; epoch and offset are null in a namespace without history.",
            $$$"""{"type":"object","required":["status","room_id","epoch","offset","recovered","replayed"],"properties":{"status":{"const":"ok"},"room_id":{"$ref":"#/components/schemas/room_id"},"epoch":{"type":["string","null"]},"offset":{"type":["integer","null"],"description":"The newest."},"recovered":{"type":"boolean"},"replayed":{"type":"integer","minimum":0},"members":{"type":"array","maxItems":100,"items":{{{Member}}}},"member_count":{"type":"integer"}},"additionalProperties":false}""",
            """{"v":1,"type":"ack","ref":"2","payload":{"status":"ok","room_id":"lobby","epoch":"kq3x","offset":42,"recovered":false,"replayed":10,"members":[],"member_count":0}}"""),
        new("present", "ack", "The answer to presence.",
            $$$"""{"type":"object","required":["status","room_id","members","member_count"],"properties":{"status":{"const":"ok"},"room_id":{"$ref":"#/components/schemas/room_id"},"members":{"type":"array","items":{{{Member}}}},"member_count":{"type":"integer"}},"additionalProperties":false}""",
            """{"v":1,"type":"ack","ref":"3","payload":{"status":"ok","room_id":"lobby","members":[{"user_id":"ada","name":"Ada","devices":2}],"member_count":1}}"""),
        new("messages", "ack", "The answer to history.",
            """{"type":"object","required":["status","room_id","messages"],"properties":{"status":{"const":"ok"},"room_id":{"$ref":"#/components/schemas/room_id"},"messages":{"type":"array","maxItems":100,"items":{"$ref":"#/components/schemas/room_message"}}},"additionalProperties":false}""",
            """{"v":1,"type":"ack","ref":"4","payload":{"status":"ok","room_id":"lobby","messages":[]}}"""),
        new("published", "ack", "The answer to a message for a room; offset and epoch are null for one that is not stored.",
            """{"type":"object","required":["status","id","offset","epoch"],"properties":{"status":{"const":"ok"},"id":{"type":"string","format":"uuid"},"offset":{"type":["integer","null"]},"epoch":{"type":["string","null"]}},"additionalProperties":true}""",
            """{"v":1,"type":"ack","ref":"8","payload":{"status":"ok","id":"0197a2b4-0000-7000-8000-000000000000","offset":43,"epoch":"kq3x"}}"""),
        new("error", "error", "Why a message was refused; the connection lives on.",
            """{"type":"object","required":["code","message","details"],"properties":{"code":{"$ref":"#/components/schemas/error_code"},"message":{"type":"string"},"details":{"type":"object","additionalProperties":true}},"additionalProperties":false}""",
            """{"v":1,"type":"error","ref":"8","payload":{"code":"NOT_IN_ROOM","message":"Not in room 'lobby': join it first.","details":{"room_id":"lobby"}}}"""),
        RoomMessage,
        new("direct_message", null, "A message past the rooms: to a user, to this connection or to everybody.", Nothing,
            """{"v":1,"type":"notice","id":"0197a2b4-0000-7000-8000-000000000000","from":null,"sent_at":"2026-01-31T08:15:00.000Z","payload":{"text":"hello"}}""") { IsRoomMessage = true },
        new("user_joined", "user_joined", "A user came into a room; once per user, however many devices.", WhoCame,
            """{"v":1,"type":"user_joined","room_id":"lobby","id":"0197a2b4-0000-7000-8000-000000000000","from":null,"sent_at":"2026-01-31T08:15:00.000Z","payload":{"room_id":"lobby","user_id":"ada","name":"Ada","devices":1}}""") { IsRoomMessage = true, Room = RoomField.Required },
        new("user_left", "user_left", "A user's last device left a room, and did not come back within 5 s.", WhoCame,
            """{"v":1,"type":"user_left","room_id":"lobby","id":"0197a2b4-0000-7000-8000-000000000000","from":null,"sent_at":"2026-01-31T08:15:00.000Z","payload":{"room_id":"lobby","user_id":"ada","name":"Ada","devices":0}}""") { IsRoomMessage = true, Room = RoomField.Required },
        RoomClosed,
        Kicked,
        Dropped,
        new("token_expiring", "token_expiring", "The credential ends soon: time for refresh_token. Once, 60 s before.",
            """{"type":"object","required":["expires_in_seconds"],"properties":{"expires_in_seconds":{"type":"integer"}},"additionalProperties":false}""",
            """{"v":1,"type":"token_expiring","payload":{"expires_in_seconds":60}}"""),
        new("reconnect", "reconnect", "The connection closes now with 1012; come back after so long.",
            """{"type":"object","required":["after_ms","reason"],"properties":{"after_ms":{"type":"integer","minimum":0},"reason":{"enum":["draining","rebalancing"]}},"additionalProperties":false}""",
            """{"v":1,"type":"reconnect","payload":{"after_ms":1500,"reason":"draining"}}"""),
    ];

    /// <summary>What the server sends on an event stream.</summary>
    public static IReadOnlyList<MessageDescription> Events { get; } =
    [
        .. Server.Where(static message => message.Key is "connected" or "room_message" or "user_joined" or "user_left" or "room_closed" or "kicked" or "direct_message"),
        new("reset", "reset", "A room could not be recovered: what comes next is live, from this position on.",
            """{"type":"object","required":["room_id","epoch","offset"],"properties":{"room_id":{"$ref":"#/components/schemas/room_id"},"epoch":{"type":["string","null"]},"offset":{"type":["integer","null"]}},"additionalProperties":false}""",
            """{"v":1,"type":"reset","payload":{"room_id":"lobby","epoch":"kq3x","offset":42}}"""),
        new("shutdown", "shutdown", "The stream ends; come back after so long, as retry says too.",
            """{"type":"object","required":["after_ms"],"properties":{"after_ms":{"type":"integer","minimum":0}},"additionalProperties":false}""",
            """{"v":1,"type":"shutdown","payload":{"after_ms":31000}}"""),
    ];

    private static MessageDescription RoomMessage => new("room_message", null, "A message of a room, of any type. In one room all see them in the order of their offsets.", Nothing,
        """{"v":1,"type":"chat","room_id":"lobby","id":"0197a2b4-0000-7000-8000-000000000000","offset":43,"epoch":"kq3x","from":{"user_id":"ada","name":"Ada","connection_id":"0199f3a0c1d2"},"sent_at":"2026-01-31T08:15:00.000Z","payload":{"text":"hello"}}""")
    { IsRoomMessage = true, Room = RoomField.Required };

    private static MessageDescription RoomClosed => new("room_closed", "room_closed", "The room is gone, and everybody out of it.", RoomAndReason,
        """{"v":1,"type":"room_closed","payload":{"room_id":"lobby","reason":"deleted"}}""");

    private static MessageDescription Kicked => new("kicked", "kicked", "This connection was put out of a room.", RoomAndReason,
        """{"v":1,"type":"kicked","payload":{"room_id":"lobby","reason":"kicked"}}""");

    private static MessageDescription Dropped => new("dropped", "dropped", "What this client did not get since the last notice because it was too slow; offsets are null without history.",
        """{"type":"object","required":["room_id","count","from_offset","to_offset"],"properties":{"room_id":{"$ref":"#/components/schemas/room_id"},"count":{"type":"integer","minimum":1},"from_offset":{"type":["integer","null"]},"to_offset":{"type":["integer","null"]}},"additionalProperties":false}""",
        """{"v":1,"type":"dropped","payload":{"room_id":"lobby","count":17,"from_offset":20,"to_offset":36}}""");
}
