using System.ComponentModel.DataAnnotations;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Who is let in.</summary>
internal sealed class AuthOptions : IValidatableObject
{
    /// <summary>Whether this machine's own users are admins without a credential while the service is reachable from this machine only.</summary>
    /// <value>Default null: they are where the addresses allow it. <c>local</c> said outright contradicts an exposed address; <c>required</c> wants a credential of everybody.</value>
    public AuthMode? Mode { get; set; }

    /// <summary>How long a token made by <c>causeway token create</c> is valid.</summary>
    /// <value>Minutes, 1–1,440. Default 15.</value>
    [Range(1, 1_440)]
    public int AccessTokenMinutes { get; set; } = 15;

    /// <summary>Whether <c>/ws</c> and <c>/sse</c> take a token as <c>?access_token=</c>. Addresses end up in the logs of proxies: leave it off where there is another way.</summary>
    /// <value>Default false.</value>
    public bool AllowQueryToken { get; set; }

    /// <summary>Origins of pages, besides the service's own, that may use it, such as <c>https://app.example.com</c>.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Names, besides those it listens on, under which it answers, such as <c>live.example.com</c>; <c>*.example.com</c> stands for all below.</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>The keys of access tokens: the first signs, all verify. With none, one is made and kept in the data directory.</summary>
    public IList<SigningKeyOptions> SigningKeys { get; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var id in SigningKeys.GroupBy(static key => key.Id, StringComparer.Ordinal).Where(static group => group.Key is not null && group.Count() > 1))
        {
            yield return new ValidationResult($"two keys have the id {id.Key}", [nameof(SigningKeys)]);
        }
    }
}
