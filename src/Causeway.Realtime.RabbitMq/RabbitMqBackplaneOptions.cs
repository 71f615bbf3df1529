using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Causeway.Realtime.RabbitMq;

/// <summary>Where the broker is that nodes hear each other over, and how much it may keep for one that is slow. The same on every node, but for the user.</summary>
public sealed class RabbitMqBackplaneOptions : IValidatableObject
{
    /// <summary>The broker: <c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c> for TLS, where the certificate must be one that this machine trusts for the host.</summary>
    /// <value>Default <c>amqp://localhost</c>: port 5672 (5671 with TLS), the virtual host <c>/</c>, the user <c>guest</c>.</value>
    [Required]
    public string Url { get; set; } = "amqp://localhost";

    /// <summary>The exchange that all nodes of one cluster share, and no other cluster: declared as a durable topic exchange where it is not there.</summary>
    /// <value>1–200 characters. Default <c>causeway</c>.</value>
    [Required, StringLength(200, MinimumLength = 1)]
    public string Exchange { get; set; } = "causeway";

    /// <summary>What the broker keeps for a node that takes it too slowly. Above it the oldest is dropped; the node finds out and reads what it missed from the database.</summary>
    /// <value>Bytes, 65,536–1,073,741,824. Default 64 MiB.</value>
    [Range(65_536, 1_073_741_824)]
    public int MaxQueueBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>What is wrong with an address of a broker.</summary>
    /// <param name="url">The address.</param>
    /// <returns>Null, or what is wrong; without the address, of which the password is a part.</returns>
    public static string? UrlProblem(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps" && uri.Host.Length > 0 && uri.Segments.Length <= 2
            ? null
            : "must be amqp://user:password@host:port/vhost, or amqps:// for TLS";

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (UrlProblem(Url) is { } problem)
        {
            yield return new ValidationResult($"{nameof(Url)} {problem}.", [nameof(Url)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class RabbitMqBackplaneOptionsValidator : IValidateOptions<RabbitMqBackplaneOptions>;
