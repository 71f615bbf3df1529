using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Who asks, as the audit log has it.</summary>
internal static class Origins
{
    /// <summary>Of a request: its caller where one is known.</summary>
    public static AuditOrigin Of(HttpContext context)
    {
        var caller = context.Features.Get<Caller>();
        return new AuditOrigin(caller?.Principal ?? AuditOrigin.Anonymous, caller?.UserId, AddressOf(context), context.TraceIdentifier);
    }

    /// <summary>The client of a session.</summary>
    /// <param name="context">The request.</param>
    /// <param name="usesCookie">Whether a cookie is to hold it.</param>
    /// <param name="device">What it says it is; else its <c>User-Agent</c>.</param>
    public static SessionClient ClientOf(HttpContext context, bool usesCookie, string? device) =>
        new(usesCookie ? SessionKind.Cookie : SessionKind.Token, device ?? AgentOf(context), Of(context));

    private static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString();

    private static string? AgentOf(HttpContext context)
    {
        var agent = context.Request.Headers.UserAgent.ToString();
        agent = new string([.. agent.Where(static character => !char.IsControl(character)).Take(AccountRules.MaxDeviceLength)]);
        return agent.Length == 0 ? null : agent;
    }
}
