using Microsoft.AspNetCore.Http.Metadata;

namespace Causeway.Server;

/// <summary>Lets every read be asked for its headers alone (RFC 9110 §9.3.2): whoever probes or caches need not take the body.</summary>
internal static class HeadRequests
{
    /// <summary>Has the endpoints that answer <c>GET</c> answer <c>HEAD</c> as well; the server sends their headers and leaves the body out. A stream of events never ends, so those stay out.</summary>
    public static void AnswerHead(this RouteGroupBuilder group) => ((IEndpointConventionBuilder)group).Finally(static endpoint =>
    {
        var metadata = endpoint.Metadata;
        for (var i = 0; i < metadata.Count; i++)
        {
            if (metadata[i] is HttpMethodMetadata { HttpMethods: ["GET"] } methods && !IsEventStream(endpoint))
            {
                metadata[i] = new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head], methods.AcceptCorsPreflight);
            }
        }
    });

    private static bool IsEventStream(EndpointBuilder endpoint) =>
        endpoint.Metadata.OfType<IProducesResponseTypeMetadata>().Any(static response => response.ContentTypes.Contains("text/event-stream"));
}
