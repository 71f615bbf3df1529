using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Who may send how many requests. The limits are each node's own.</summary>
public sealed class RateLimitOptions : IValidatableObject
{
    /// <summary>The fewest keys that <see cref="MaxKeys"/> may be.</summary>
    public const int MinMaxKeys = 1_024;

    /// <summary>The most keys that <see cref="MaxKeys"/> may be.</summary>
    public const int MaxMaxKeys = 16_777_216;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>The policies by name; endpoints name theirs by <c>WithRateLimit</c>. A name is 1–32 of <c>a-z 0-9 _ -</c>.</summary>
    /// <value>Default none.</value>
    public IDictionary<string, RateLimitPolicy> Policies { get; } = new Dictionary<string, RateLimitPolicy>(StringComparer.Ordinal);

    /// <summary>Who sent a request.</summary>
    /// <value>Default: the authenticated user by name, else the network.</value>
    public Func<HttpContext, RateLimitCaller> Caller { get; set; } = static context =>
        context.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? RateLimitCaller.Named(name) : RateLimitCaller.Network;

    /// <summary>Callers that each policy remembers; beyond it those go first who have used the least of their quota.</summary>
    /// <value>1,024–16,777,216, rounded up to a power of two; 16 bytes each. Default 65,536.</value>
    [Range(MinMaxKeys, MaxMaxKeys)]
    public int MaxKeys { get; set; } = 65_536;

    /// <inheritdoc/>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "No attribute is read here.")]
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Caller is null)
        {
            yield return new ValidationResult("Caller must be set.", [nameof(Caller)]);
        }

        foreach (var (name, policy) in Policies)
        {
            if (name is not { Length: > 0 and <= 32 } || name.AsSpan().ContainsAnyExcept(NameCharacters))
            {
                yield return new ValidationResult($"The policy '{name}' must be named by 1 to 32 of a-z 0-9 _ -.", [nameof(Policies)]);
            }

            if (policy.Problem() is { } problem)
            {
                yield return new ValidationResult($"The policy '{name}' {problem}.", [nameof(Policies)]);
            }
        }
    }
}
