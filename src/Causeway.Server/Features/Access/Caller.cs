using Causeway.Identity;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Who sent a request, and what they may do.</summary>
internal sealed record Caller
{
    /// <summary>A peer on this machine, of the service's own user or root, while the service is reachable from this machine only.</summary>
    public static Caller LocalAdmin { get; } = new() { Principal = "local", IsAdmin = true };

    /// <summary>Whoever has the admin token.</summary>
    public static Caller AdminToken { get; } = new() { Principal = "admin-token", IsAdmin = true };

    /// <summary>A stable name of the credential; keeps one principal's idempotency keys apart from another's.</summary>
    public required string Principal { get; init; }

    /// <summary>The user of a signed token; null otherwise.</summary>
    public string? UserId { get; init; }

    /// <summary>The user's name for people, where the token carries one.</summary>
    public string? Name { get; init; }

    /// <summary>May do everything.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>The roles of a signed token.</summary>
    public IReadOnlySet<string> Roles { get; init; } = new HashSet<string>();

    /// <summary>When the credential ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What it may do beside what everybody may: <c>users:read</c>, <c>publish:ROOM</c> and so on; a trailing <c>*</c> stands for any rest of the name.</summary>
    public IReadOnlySet<string> Permissions { get; init; } = new HashSet<string>();

    /// <summary>What a backend that was asked lets a connection do besides.</summary>
    public IReadOnlyList<string> Granted { get; init; } = [];

    /// <summary>By which credential it was found, to be looked at again; null for the admin token and the local admin.</summary>
    public Access? Access { get; init; }

    /// <summary>Whom its room messages are from; null, the server, for an admin.</summary>
    public MessageSender? Sender => IsAdmin || UserId is null ? null : new MessageSender(UserId, Name, null);

    /// <summary>Whoever has an account, a key, or a token of another system.</summary>
    public static Caller From(Access access) => new()
    {
        Principal = access.Principal,
        UserId = access.UserId,
        Name = access.Name,
        IsAdmin = access.Permissions.IsEverything,
        Roles = access.Roles,
        ExpiresAt = access.ExpiresAt,
        Permissions = access.Permissions.AsSet,
        Access = access,
    };

    /// <summary>Whether it has a permission: by its name, by one that ends in <c>*</c> and begins like it, or by being admin.</summary>
    /// <param name="permission">As in <c>users:read</c>.</param>
    public bool Has(string permission) => IsAdmin || Permissions.Any(held => held is [.. var start, '*']
        ? permission.StartsWith(start, StringComparison.Ordinal)
        : held == permission);

    /// <summary>Gives a handler its caller, whom <see cref="AccessMiddleware"/> let in.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(context.Features.Get<Caller>());

    /// <summary>The same, as the live service wants it.</summary>
    public RealtimeIdentity ToIdentity() => new()
    {
        UserId = UserId,
        Name = Name,
        IsAdmin = IsAdmin,
        ExpiresAt = ExpiresAt,
        Permissions = Granted.Count == 0 ? Permissions : new HashSet<string>(Permissions.Concat(Granted), StringComparer.Ordinal),
        SessionId = Access?.SessionId ?? (Access?.ApiKeyId is { } key ? "key:" + key : null),
        Credential = this,
    };
}
