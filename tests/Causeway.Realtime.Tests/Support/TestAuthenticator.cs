using System.Collections.Concurrent;
using System.Globalization;
using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Realtime.Tests;

/// <summary>
/// Takes credentials as tests write them: a user and what is to be said of them, such as <c>ann;name=Ann;session=s1;seconds=90;may=join:x*;admin</c>.
/// <c>-</c> is nobody, <c>bad</c> is refused, at <c>broken</c> the authenticator itself fails, and <c>stuck</c> is never judged.
/// </summary>
internal sealed class TestAuthenticator(TimeProvider time) : IRealtimeAuthenticator
{
    /// <summary>What happens after a credential was read and before the answer is given; gets the credential.</summary>
    public Action<string>? AfterRead { get; set; }

    /// <summary>Credentials that were taken away.</summary>
    public ConcurrentDictionary<string, bool> Revoked { get; } = new(StringComparer.Ordinal);

    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token, CancellationToken cancellationToken)
    {
        var header = context.Request.Headers.Authorization.ToString();
        token ??= header.StartsWith("Bearer ", StringComparison.Ordinal) ? header["Bearer ".Length..] : "-";
        if (token == "stuck")
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        var outcome = Read(token);
        AfterRead?.Invoke(token);
        return outcome;
    }

    public ValueTask<AuthenticationOutcome> RefreshAsync(ConnectionInfo connection, string token, CancellationToken cancellationToken) => ValueTask.FromResult(Read(token));

    /// <summary>What a credential says.</summary>
    public RealtimeIdentity IdentityOf(string credential)
    {
        var parts = credential.Split(';');
        var identity = new RealtimeIdentity { UserId = parts[0] is "-" ? null : parts[0] };
        foreach (var part in parts.Skip(1))
        {
            var value = part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..];
            identity = part.Split('=')[0] switch
            {
                "name" => identity with { Name = value },
                "session" => identity with { SessionId = value },
                "device" => identity with { Device = value },
                "seconds" => identity with { ExpiresAt = time.GetUtcNow().AddSeconds(double.Parse(value, CultureInfo.InvariantCulture)) },
                "may" => identity with { Permissions = new HashSet<string>(value.Split(',')) },
                "admin" => identity with { IsAdmin = true },
                _ => throw new ArgumentException($"What does '{part}' say?"),
            };
        }

        return identity;
    }

    private AuthenticationOutcome Read(string credential) => credential switch
    {
        "bad" => AuthenticationOutcome.Refuse(new ApiError(ErrorCode.Unauthorized, "The credential is not valid.")),
        "broken" => throw new InvalidOperationException("The keys can't be read."),
        _ when Revoked.ContainsKey(credential) => AuthenticationOutcome.Refuse(new ApiError(ErrorCode.Unauthorized, "The credential was revoked.")),
        _ => AuthenticationOutcome.Accept(IdentityOf(credential)),
    };
}
