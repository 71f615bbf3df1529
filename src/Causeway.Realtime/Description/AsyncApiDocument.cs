using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Describes the live service in the form of AsyncAPI 3.0: the protocol's own messages and those of the registered handlers.</summary>
/// <param name="options">What the application says of itself.</param>
/// <param name="handlers">The registered handlers.</param>
internal sealed class AsyncApiDocument(AsyncApiOptions options, IEnumerable<HandlerRegistration> handlers)
{
    private const string Words =
        "Rooms with ordered logs over one connection. A message is a JSON object with a type; one with a ref is answered exactly once, by ack, pong or error. "
        + "A browser that cannot read why it is refused asks the WebSocket's address with ?preflight=1.";

    private const string LiveChannel = "live";
    private const string EventsChannel = "room_events";

    /// <summary>The document.</summary>
    /// <param name="scheme"><c>http</c> or <c>https</c>.</param>
    /// <param name="host">With its port, where it is not the usual one.</param>
    /// <param name="webSocketPaths">Where WebSockets are taken.</param>
    /// <param name="eventPaths">Where rooms are event streams.</param>
    public JsonObject Build(string scheme, string host, IReadOnlyList<string> webSocketPaths, IReadOnlyList<string> eventPaths)
    {
        var schemas = Schemas();
        var (messages, handled) = Messages(schemas);
        var isSecure = scheme == "https";
        var servers = new JsonObject();
        var channels = new JsonObject();
        var operations = new JsonObject();
        AddWebSockets(servers, channels, operations, handled, isSecure, host, webSocketPaths);
        AddEvents(servers, channels, operations, scheme, host, eventPaths);
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = options.Title, ["version"] = options.Version, ["description"] = options.Description ?? Words },
            ["defaultContentType"] = "application/json",
            ["servers"] = servers,
            ["channels"] = channels,
            ["operations"] = operations,
            ["components"] = new JsonObject { ["messages"] = messages, ["schemas"] = schemas, ["securitySchemes"] = SecuritySchemes() },
        };
    }

    private static void AddWebSockets(
        JsonObject servers, JsonObject channels, JsonObject operations, List<MessageDescription> handled, bool isSecure, string host, IReadOnlyList<string> paths)
    {
        if (paths.Count == 0)
        {
            return;
        }

        servers["websocket"] = new JsonObject
        {
            ["host"] = host,
            ["protocol"] = isSecure ? "wss" : "ws",
            ["description"] = "RFC 6455, and RFC 8441 on HTTP/2; the subprotocol causeway.v1 is chosen when offered.",
            ["security"] = Security("bearer", "subprotocol"),
        };
        List<MessageDescription> client = [.. ProtocolMessages.Client, .. handled];
        for (var i = 0; i < paths.Count; i++)
        {
            var channel = i == 0 ? LiveChannel : $"{LiveChannel}_{i + 1}";
            channels[channel] = new JsonObject
            {
                ["address"] = paths[i],
                ["title"] = "Live connection",
                ["description"] = "One connection for any number of rooms. The server speaks first: connected.",
                ["servers"] = new JsonArray(Ref("servers", "websocket")),
                ["messages"] = References([.. client.Select(ClientKey), .. ProtocolMessages.Server.Select(static message => message.Key)]),
                ["bindings"] = new JsonObject { ["ws"] = WebSocketBinding() },
                ["x-close-codes"] = CloseCodes(),
            };
            foreach (var message in client)
            {
                operations[Name(i, message.Type is null ? "publish" : Key(message.Type))] = new JsonObject
                {
                    ["action"] = "receive",
                    ["channel"] = Ref("channels", channel),
                    ["summary"] = message.Summary,
                    ["messages"] = new JsonArray(Ref("channels", channel, "messages", ClientKey(message))),
                    ["reply"] = new JsonObject
                    {
                        ["channel"] = Ref("channels", channel),
                        ["messages"] = new JsonArray([.. message.Replies.Append("error").Select(reply => Ref("channels", channel, "messages", reply))]),
                    },
                };
            }

            foreach (var message in ProtocolMessages.Server.Where(static message => !IsReply(message)))
            {
                operations[Name(i, "on_" + message.Key)] = Sent(channel, message);
            }
        }

        static string Name(int channel, string operation) => channel == 0 ? operation : $"{operation}_{channel + 1}";
    }

    private static void AddEvents(JsonObject servers, JsonObject channels, JsonObject operations, string scheme, string host, IReadOnlyList<string> paths)
    {
        if (paths.Count == 0)
        {
            return;
        }

        servers["events"] = new JsonObject
        {
            ["host"] = host,
            ["protocol"] = scheme,
            ["description"] = "Server-Sent Events: the event is the message's type, the data the message, the id a cursor over all rooms for Last-Event-ID.",
            ["security"] = Security("bearer"),
        };
        for (var i = 0; i < paths.Count; i++)
        {
            var channel = i == 0 ? EventsChannel : $"{EventsChannel}_{i + 1}";
            channels[channel] = new JsonObject
            {
                ["address"] = paths[i],
                ["title"] = "Rooms as an event stream",
                ["description"] = "Read only: ?room=a&room=b, at most 32. Last-Event-ID, or ?last_event_id=, goes on where a stream ended.",
                ["servers"] = new JsonArray(Ref("servers", "events")),
                ["messages"] = References([.. ProtocolMessages.Events.Select(static message => message.Key)]),
            };
            foreach (var message in ProtocolMessages.Events)
            {
                var operation = Sent(channel, message);
                operation["bindings"] = new JsonObject { ["http"] = EventsBinding() };
                operations[$"event_{message.Key}{(i == 0 ? "" : $"_{i + 1}")}"] = operation;
            }
        }
    }

    private static JsonObject Sent(string channel, MessageDescription message) => new()
    {
        ["action"] = "send",
        ["channel"] = Ref("channels", channel),
        ["summary"] = message.Summary,
        ["messages"] = new JsonArray(Ref("channels", channel, "messages", message.Key)),
    };

    /// <summary>Answers are named by what they answer.</summary>
    private static bool IsReply(MessageDescription message) => message.Type is "ack" or "pong";

    private (JsonObject Messages, List<MessageDescription> Handled) Messages(JsonObject schemas)
    {
        var messages = new JsonObject();
        var handled = new List<MessageDescription>();
        foreach (var handler in handlers.OrderBy(static handler => handler.Type, StringComparer.Ordinal))
        {
            var name = "payload_" + Key(handler.Type);
            schemas[name] = PayloadSchema.Of(handler.Json, "#/components/schemas/" + name);
            handled.Add(new MessageDescription(Key(handler.Type), handler.Type, $"Taken by this application's handler of '{handler.Type}'.", $$"""{"$ref":"#/components/schemas/{{name}}"}""", "")
            {
                Room = RoomField.Optional,
            });
        }

        foreach (var message in ProtocolMessages.Client.Concat(handled))
        {
            messages[ClientKey(message)] = Message(message, isFromClient: true);
        }

        foreach (var message in ProtocolMessages.Server.Concat(ProtocolMessages.Events).DistinctBy(static message => message.Key))
        {
            messages[message.Key] = Message(message, isFromClient: false);
        }

        schemas["room_message"] = JsonNode.Parse(messages["room_message"]!["payload"]!.ToJsonString());
        messages["room_message"]!["payload"] = Ref("components", "schemas", "room_message");
        return (messages, handled);
    }

    private static JsonObject Message(MessageDescription message, bool isFromClient)
    {
        var described = new JsonObject
        {
            ["name"] = message.Type ?? message.Key,
            ["title"] = message.Type ?? message.Key.Replace('_', ' '),
            ["summary"] = message.Summary,
            ["contentType"] = "application/json",
            ["payload"] = isFromClient ? ClientEnvelope(message) : ServerEnvelope(message),
        };
        if (isFromClient || IsReply(message) || message.Key == "error")
        {
            described["correlationId"] = new JsonObject { ["location"] = "$message.payload#/ref" };
        }

        if (message.Example.Length > 0)
        {
            described["examples"] = new JsonArray(new JsonObject { ["name"] = message.Key, ["payload"] = JsonNode.Parse(message.Example) });
        }

        return described;
    }

    private static JsonObject ClientEnvelope(MessageDescription message)
    {
        var properties = new JsonObject
        {
            ["v"] = new JsonObject { ["const"] = 1 },
            ["type"] = TypeOf(message),
            ["ref"] = new JsonObject { ["type"] = "string", ["maxLength"] = 64, ["description"] = "Asks for exactly one answer, which repeats it." },
            ["payload"] = JsonNode.Parse(message.Payload),
        };
        if (message.Room != RoomField.None)
        {
            properties["room_id"] = Ref("components", "schemas", "room_id");
            properties["conflate_key"] = new JsonObject { ["type"] = "string", ["maxLength"] = 64 };
        }

        return Object(properties, message.Room == RoomField.Required ? ["type", "room_id"] : ["type"], isOpen: true);
    }

    private static JsonObject ServerEnvelope(MessageDescription message)
    {
        var properties = new JsonObject { ["v"] = new JsonObject { ["const"] = 1 }, ["type"] = TypeOf(message) };
        List<string> required = ["v", "type", "payload"];
        if (IsReply(message) || message.Key == "error")
        {
            properties["ref"] = new JsonObject { ["type"] = "string", ["maxLength"] = 64 };
        }

        if (message.Room == RoomField.Required)
        {
            properties["room_id"] = Ref("components", "schemas", "room_id");
            required.Add("room_id");
        }

        if (message.IsRoomMessage)
        {
            properties["id"] = new JsonObject { ["type"] = "string", ["format"] = "uuid" };
            properties["from"] = Ref("components", "schemas", "sender");
            properties["sent_at"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" };
            required.AddRange(["id", "from", "sent_at"]);
            if (message.Key == "room_message")
            {
                properties["offset"] = new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["description"] = "Its position in the room, without holes; absent where nothing is stored." };
                properties["epoch"] = new JsonObject { ["type"] = "string", ["description"] = "The life of the log that the position belongs to." };
            }
        }

        properties["payload"] = JsonNode.Parse(message.Payload);
        return Object(properties, required, isOpen: false);
    }

    private static JsonObject TypeOf(MessageDescription message) => message.Type is { } type
        ? new JsonObject { ["const"] = type }
        : new JsonObject { ["type"] = "string", ["pattern"] = "^[a-z0-9_.:-]{1,64}$" };

    private static JsonObject Object(JsonObject properties, IEnumerable<string> required, bool isOpen) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray([.. required.Select(static name => JsonValue.Create(name))]),
        ["properties"] = properties,
        ["additionalProperties"] = isOpen,
    };

    private static JsonObject Schemas() => new()
    {
        ["room_id"] = new JsonObject
        {
            ["type"] = "string",
            ["pattern"] = "^[A-Za-z0-9_.:-]{1,128}$",
            ["description"] = "What stands before the first colon is the namespace, which sets the rules; none means default. It may stand in the envelope or in the payload.",
        },
        ["sender"] = JsonNode.Parse("""
            {"description":"Who sent it; null for the server.","type":["object","null"],"required":["user_id","name","connection_id"],
            "properties":{"user_id":{"type":["string","null"]},"name":{"type":["string","null"]},"connection_id":{"type":["string","null"]}},"additionalProperties":false}
            """),
        ["error_code"] = new JsonObject
        {
            ["type"] = "string",
            ["description"] = "The same on HTTP. More may come.",
            ["examples"] = new JsonArray([.. ErrorCode.All.Select(static code => JsonValue.Create(code.Name))]),
        },
    };

    private static JsonObject SecuritySchemes() => new()
    {
        ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "Authorization: Bearer TOKEN" },
        ["subprotocol"] = new JsonObject
        {
            ["type"] = "httpApiKey",
            ["name"] = "Sec-WebSocket-Protocol",
            ["in"] = "header",
            ["description"] = "For browsers, which cannot set headers: offer causeway.v1 and bearer.TOKEN; the second is never echoed.",
        },
    };

    private static JsonObject WebSocketBinding() => new()
    {
        ["method"] = "GET",
        ["query"] = JsonNode.Parse("""
            {"type":"object","properties":{
            "preflight":{"const":"1","description":"Without an upgrade: says in an ordinary answer whether a connection would be taken, or why not."},
            "access_token":{"type":"string","description":"The credential, where the server allows it in an address."}}}
            """),
        ["headers"] = JsonNode.Parse("""
            {"type":"object","properties":{"Authorization":{"type":"string"},"Sec-WebSocket-Protocol":{"type":"string"},"Origin":{"type":"string","description":"Of a page: the server's own, or one that it allows."}}}
            """),
        ["bindingVersion"] = "0.1.0",
    };

    private static JsonObject EventsBinding() => new()
    {
        ["method"] = "GET",
        ["query"] = JsonNode.Parse("""
            {"type":"object","required":["room"],"properties":{"room":{"type":"array","minItems":1,"maxItems":32,"items":{"$ref":"#/components/schemas/room_id"}},"last_event_id":{"type":"string"}}}
            """),
        ["bindingVersion"] = "0.3.0",
    };

    private static JsonArray CloseCodes() =>
    [
        .. CloseReason.All.Select(static reason => new JsonObject { ["code"] = reason.Code, ["reason"] = reason.Reason, ["come_back"] = reason.ComeBack }),
    ];

    private static JsonArray Security(params string[] schemes) => [.. schemes.Select(static scheme => Ref("components", "securitySchemes", scheme))];

    private static JsonObject References(IEnumerable<string> messages)
    {
        var references = new JsonObject();
        foreach (var message in messages.Distinct(StringComparer.Ordinal))
        {
            references[message] = Ref("components", "messages", message);
        }

        return references;
    }

    private static JsonObject Ref(params ReadOnlySpan<string> path) => new() { ["$ref"] = "#/" + string.Join('/', path!) };

    /// <summary>A client's message has a key of its own, since the server says some of the same types.</summary>
    private static string ClientKey(MessageDescription message) => "send_" + message.Key;

    /// <summary>Keys take fewer characters than types.</summary>
    private static string Key(string type) => type.Replace(':', '.');
}
