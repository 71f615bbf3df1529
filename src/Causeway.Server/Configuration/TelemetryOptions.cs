using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>What the service tells of itself.</summary>
internal sealed class TelemetryOptions : IValidatableObject
{
    /// <summary>How log lines are written.</summary>
    /// <value>Default null: text on a terminal, else JSON.</value>
    public LogFormat? LogFormat { get; set; }

    /// <summary>The least of Causeway's own events that is logged; the framework's are logged from warning on. A reload changes it.</summary>
    /// <value>Default information.</value>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>Whether requests are logged.</summary>
    public RequestLogSettings RequestLog { get; } = new();

    /// <summary>Where traces and metrics are sent by OTLP, such as <c>http://127.0.0.1:4318</c>; <c>/v1/traces</c> and <c>/v1/metrics</c> are added for HTTP.</summary>
    /// <value>Default null: nowhere.</value>
    public string? Otlp { get; set; }

    /// <summary>How it is spoken there.</summary>
    /// <value><c>http/protobuf</c> (port 4318 as a rule) or <c>grpc</c> (4317). Default <c>http/protobuf</c>.</value>
    public OtlpProtocol OtlpProtocol { get; set; } = OtlpProtocol.HttpProtobuf;

    /// <summary>Headers that go with it, such as <c>Authorization=Basic abc,X-Tenant=one</c>.</summary>
    [Secret]
    public string? OtlpHeaders { get; set; }

    /// <summary>The share of traces that are recorded, also of those that a caller began: nobody outside can make the service record more.</summary>
    /// <value>0–1. Default 1.</value>
    [Range(0.0, 1.0)]
    public double TraceRatio { get; set; } = 1;

    /// <summary>How often metrics are sent.</summary>
    /// <value>Seconds, 1–3,600. Default 60.</value>
    [Range(1, 3_600)]
    public int MetricsSeconds { get; set; } = 60;

    /// <summary>What the service is called there: <c>service.name</c>.</summary>
    /// <value>Default <c>causeway</c>.</value>
    [Required]
    public string ServiceName { get; set; } = "causeway";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Otlp is not null && !(Uri.TryCreate(Otlp, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { Query: "", Fragment: "", UserInfo: "" }))
        {
            yield return new ValidationResult("it must be http://HOST[:PORT][/PATH] or https://…, with no user, query or fragment", [nameof(Otlp)]);
        }

        if (OtlpHeaders is not null && OtlpHeaders.Split(',').Any(static header => header.IndexOf('=', StringComparison.Ordinal) < 1 || header.Any(char.IsControl)))
        {
            yield return new ValidationResult("it must be NAME=VALUE, with commas between", [nameof(OtlpHeaders)]);
        }
    }
}

/// <summary>How OTLP is spoken.</summary>
internal enum OtlpProtocol
{
    /// <summary>Protobuf over HTTP/1.1.</summary>
    [JsonStringEnumMemberName("http/protobuf")]
    HttpProtobuf = 1,

    /// <summary>gRPC, over HTTP/2.</summary>
    Grpc,
}
