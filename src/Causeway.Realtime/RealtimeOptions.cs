using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Causeway.Realtime;

/// <summary>Limits and timings of live connections. The names are those of the configuration file.</summary>
public class RealtimeOptions : IValidatableObject
{
    /// <summary>The largest message a client may send, counted after inflation; over it the connection closes with 1009.</summary>
    /// <value>Bytes, 1,024–16,777,216. Default 64 KiB.</value>
    [Range(1_024, 16_777_216)]
    public int MaxMessageBytes { get; set; } = 65_536;

    /// <summary>Bytes kept for a connection whose socket is full, before the namespace's slow-consumer policy applies.</summary>
    /// <value>Bytes, 4,096–268,435,456. Default 1 MiB.</value>
    [Range(4_096, 268_435_456)]
    public int BacklogBytes { get; set; } = 1_048_576;

    /// <summary>What nodes that share their rooms hear each other over; the one that is named must be registered.</summary>
    /// <value>Default <see cref="BackplaneKind.None"/>: the process is on its own.</value>
    public BackplaneKind Backplane { get; set; } = BackplaneKind.None;

    /// <summary>How long a node of a cluster may be silent before the others take it out, with everybody on it.</summary>
    /// <value>Seconds, 3–300. Default 10.</value>
    [Range(3, 300)]
    public int NodeLeaseSeconds { get; set; } = 10;

    /// <summary>How often the server pings; a ping unanswered when the next is due closes with 4003.</summary>
    /// <value>Seconds, 1–3,600. Default 25.</value>
    [Range(1, 3_600)]
    public int HeartbeatSeconds { get; set; } = 25;

    /// <summary>Silence after which a connection closes with 4003, whatever the heartbeat.</summary>
    /// <value>Seconds, 1–86,400. Default 60.</value>
    [Range(1, 86_400)]
    public int IdleTimeoutSeconds { get; set; } = 60;

    /// <summary>Connections one identified user may have at once.</summary>
    /// <value>1–1,000,000. Default 20.</value>
    [Range(1, 1_000_000)]
    public int MaxConnectionsPerUser { get; set; } = 20;

    /// <summary>Connections one remote address may have at once.</summary>
    /// <value>1–10,000,000. Default 1,000.</value>
    [Range(1, 10_000_000)]
    public int MaxConnectionsPerAddress { get; set; } = 1_000;

    /// <summary>Rooms one connection may be in.</summary>
    /// <value>1–10,000. Default 128.</value>
    [Range(1, 10_000)]
    public int MaxRoomsPerConnection { get; set; } = 128;

    /// <summary>Messages a client may send, averaged over a second; a burst of as many more is taken.</summary>
    /// <value>1–10,000,000. Default 50.</value>
    [Range(1, 10_000_000)]
    public int MessagesPerSecond { get; set; } = 50;

    /// <summary>Whether permessage-deflate (RFC 7692) is negotiated; each broadcast is compressed once for all who negotiated it.</summary>
    /// <value>Default <see cref="CompressionMode.Off"/>.</value>
    public CompressionMode Compression { get; set; } = CompressionMode.Off;

    /// <summary>How long connections have to leave when the service stops; they are closed in batches over the first half.</summary>
    /// <value>Seconds, 0–3,600. Default 30.</value>
    [Range(0, 3_600)]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Origins of pages, besides the server's own, that may connect, such as <c>https://app.example.com</c>.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Rules by namespace; what one leaves open comes from <c>default</c>. Names compare without case.</summary>
    public IDictionary<string, NamespaceOptions> Namespaces { get; } =
        new Dictionary<string, NamespaceOptions>(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var (name, rules) in Namespaces)
        {
            foreach (var problem in rules.Validate())
            {
                yield return new ValidationResult($"Namespaces:{name}:{problem}", [nameof(Namespaces)]);
            }
        }

        foreach (var rules in NamespaceRules.Resolve(Namespaces, shared: false).Values)
        {
            if (rules is { Durable: true, HasHistory: false } && !(Namespaces.TryGetValue(rules.Name, out var own) && own is { Durable: true, History: 0 }))
            {
                yield return new ValidationResult($"Namespaces:{rules.Name}:Durable needs a History of 1 or more; it takes 0 from the default.", [nameof(Namespaces)]);
            }
        }
    }
}

/// <summary>Whether live messages are compressed.</summary>
public enum CompressionMode
{
    /// <summary>Never.</summary>
    Off,

    /// <summary>permessage-deflate with no context take-over, so that one compressed form serves every connection.</summary>
    Shared,
}

/// <summary>What nodes hear each other over.</summary>
[TypeConverter(typeof(WireNameConverter<BackplaneKind>))]
public enum BackplaneKind
{
    /// <summary>Nothing: there is one node.</summary>
    None = 0,

    /// <summary>The notifications of the PostgreSQL database that they share.</summary>
    Postgres,

    /// <summary>A RabbitMQ broker; what must not be lost is in the PostgreSQL database that they share.</summary>
    [JsonStringEnumMemberName("rabbitmq")]
    RabbitMq,
}
