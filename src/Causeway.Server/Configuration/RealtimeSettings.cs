using System.ComponentModel.DataAnnotations;
using Causeway.Hosting;
using Causeway.Realtime;
using Causeway.Realtime.RabbitMq;

namespace Causeway.Server;

/// <summary>What the file says of the live service: the library's options, and where what they name is.</summary>
internal sealed class RealtimeSettings : RealtimeOptions
{
    /// <summary>The broker, where the backplane is <c>rabbitmq</c>.</summary>
    public RabbitMqSettings RabbitMq { get; } = new();
}

/// <summary>The broker that nodes hear each other over.</summary>
internal sealed class RabbitMqSettings : IValidatableObject
{
    /// <summary>Where it is: <c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c> for TLS.</summary>
    /// <value>Default null.</value>
    [Secret]
    public string? Url { get; set; }

    /// <summary>The exchange that all nodes of one cluster share, and no other cluster.</summary>
    /// <value>1–200 characters. Default <c>causeway</c>.</value>
    [Required, StringLength(200, MinimumLength = 1)]
    public string Exchange { get; set; } = "causeway";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is not null && RabbitMqBackplaneOptions.UrlProblem(Url) is { } problem)
        {
            yield return new ValidationResult(problem, [nameof(Url)]);
        }
    }

    /// <summary>Hands the library its options.</summary>
    public void Apply(RabbitMqBackplaneOptions options) => (options.Url, options.Exchange) = (Url!, Exchange);
}
