using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Causeway.Relay;

/// <summary>Hands the head of a backend's answer to the client.</summary>
internal static class AnswerHead
{
    // Ours are for our own pages. What a backend's page may do, only the backend knows.
    private static readonly string[] OwnSecurityHeaders =
    [
        "Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy", "X-Content-Type-Options",
    ];

    /// <summary>Sets status and headers.</summary>
    public static void Apply(HttpResponse response, ResponseHead head)
    {
        response.StatusCode = head.Status;
        var headers = response.Headers;
        foreach (var name in OwnSecurityHeaders)
        {
            headers.Remove(name);
        }

        var framed = headers.XFrameOptions.Count > 0;

        // Not by setting it to nothing: over HTTP/2 the server leaves out what follows an empty header.
        headers.Remove(HeaderNames.XFrameOptions);
        var hasPolicy = false;
        StringValues via = default;
        foreach (ref readonly var field in head.Fields)
        {
            switch (field.Rule)
            {
                case HeaderRule.Pass:
                    if (!head.IsNominated(field.Name))
                    {
                        Append(headers, field.Name, field.Value);
                        hasPolicy |= field.Name.Length is 15 or 23 && SaysWhoMayFrame(field.Name);
                    }

                    break;

                case HeaderRule.ContentLength when head.Status is not (204 or 205):
                    headers.ContentLength = head.ContentLength;
                    break;

                case HeaderRule.Via:
                    via = StringValues.Concat(via, field.Value);
                    break;

                case HeaderRule.Trailer when response.SupportsTrailers():
                    Append(headers, field.Name, field.Value);
                    break;

                case HeaderRule.RequestId when headers["X-Request-Id"].Count == 0:
                    headers["X-Request-Id"] = field.Value;
                    break;
            }
        }

        headers.Via = RelayName.Append(via, "HTTP/1.1");
        if (framed && !hasPolicy)
        {
            // A page that says nothing of it shares the service's origin, so no stranger may put it in a frame.
            headers.XFrameOptions = "SAMEORIGIN";
        }
    }

    private static bool SaysWhoMayFrame(string name) =>
        name.Equals("X-Frame-Options", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Security-Policy", StringComparison.OrdinalIgnoreCase);

    private static void Append(IHeaderDictionary headers, string name, string value)
    {
        if (headers.TryGetValue(name, out var before) && before.Count > 0)
        {
            headers[name] = StringValues.Concat(before, value);
        }
        else
        {
            headers[name] = value;
        }
    }
}
