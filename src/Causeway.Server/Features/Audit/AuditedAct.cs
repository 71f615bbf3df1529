using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Writes down what is done by an endpoint that changes no data, so that no transaction could do it.</summary>
internal static partial class AuditedAct
{
    /// <summary>Writes each request down that was not refused.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="action">As in <c>connection.close</c>.</param>
    /// <param name="target">To what, with names of the path, as in <c>connection:{connection_id}</c>; null where the action says it all.</param>
    /// <param name="details">Names of the path and the query whose values say more.</param>
    public static RouteHandlerBuilder Audits(this RouteHandlerBuilder endpoint, string action, string? target = null, params string[] details) =>
        endpoint.Audits(action, target, invocation => DetailsOf(invocation.HttpContext, details));

    /// <inheritdoc cref="Audits(RouteHandlerBuilder, string, string?, string[])"/>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="action">As in <c>connection.close</c>.</param>
    /// <param name="target">To what.</param>
    /// <param name="details">What else matters, asked before the act; null for nothing.</param>
    public static RouteHandlerBuilder Audits(this RouteHandlerBuilder endpoint, string action, string? target, Func<EndpointFilterInvocationContext, JsonObject?> details) =>
        endpoint.AddEndpointFilter(async (invocation, next) =>
        {
            var described = details(invocation);
            var result = await next(invocation);
            if (result is not IStatusCodeHttpResult { StatusCode: >= 400 } && !HttpMethods.IsHead(invocation.HttpContext.Request.Method))
            {
                // The act stands, whether or not its client waits for the answer.
                var context = invocation.HttpContext;
                await context.RequestServices.GetRequiredService<AuditLog>().RecordAsync(
                    new AuditEntry(action, AuditOutcome.Success, Origins.Of(context), target is null ? null : Fill(target, context), described), CancellationToken.None);
            }

            return result;
        });

    private static string Fill(string target, HttpContext context) =>
        Name().Replace(target, match => context.GetRouteValue(match.Groups[1].Value)?.ToString() ?? "");

    private static JsonObject? DetailsOf(HttpContext context, string[] names)
    {
        var details = new JsonObject();
        foreach (var name in names)
        {
            if ((context.GetRouteValue(name)?.ToString() ?? context.Request.Query[name].ToString()) is { Length: > 0 } value)
            {
                details[name] = value;
            }
        }

        return details.Count > 0 ? details : null;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Name();
}
