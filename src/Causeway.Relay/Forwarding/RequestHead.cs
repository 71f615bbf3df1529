using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Causeway.Relay;

/// <summary>How a request's body is sent on.</summary>
internal enum UploadFraming
{
    None,

    /// <summary>With the client's <c>Content-Length</c>.</summary>
    Length,

    Chunked,

    /// <summary>There is no body but a WebSocket: <c>Upgrade</c> and its own <c>Sec-WebSocket-*</c> are the caller's to add.</summary>
    WebSocket,
}

/// <summary>Writes the head of a request to a backend: the client's headers less what may not get through, and what the backend is told of the client.</summary>
internal static class RequestHead
{
    /// <summary>What a request's body needs.</summary>
    public static UploadFraming FramingOf(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? UploadFraming.None
        : context.Request.ContentLength is { } length ? length == 0 ? UploadFraming.None : UploadFraming.Length
        : UploadFraming.Chunked;

    /// <summary>Writes the whole head, save for the empty line at its end.</summary>
    /// <param name="head">Where to.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="destination">The address it goes to.</param>
    /// <param name="target">What it asks for.</param>
    /// <param name="decision">Which credentials are the service's own.</param>
    /// <param name="framing">How the body goes.</param>
    public static void Write(HeadBuffer head, HttpContext context, Destination destination, RelayTarget target, RelayDecision decision, UploadFraming framing)
    {
        var request = context.Request;
        head.Add(framing == UploadFraming.WebSocket ? "GET" : request.Method);
        head.Add(" "u8);
        head.Add(destination.BasePath);
        head.Add(target.PathAndQuery);
        head.Add(" HTTP/1.1\r\n"u8);
        head.AddField("Host", request.Host.Value is { Length: > 0 } host ? host : destination.Url.Authority);

        var chain = ClientChain.Of(context);
        var connection = request.Headers.Connection;
        var nominates = connection.Count > 0 && HeaderRules.Nominates(connection);
        foreach (var (name, values) in request.Headers)
        {
            var rule = HeaderRules.OfRequest(name);
            if (rule == HeaderRule.Pass ? !nominates || !HeaderRules.Lists(connection, name) : Passes(rule, name, values, connection, nominates, chain, decision, framing))
            {
                AddFields(head, rule, name, rule == HeaderRule.Cookie && decision.OwnsCookie is { } owns ? Without(values, owns) : values);
            }
        }

        AddOwn(head, context, chain, target, decision);
        AddFraming(head, request, framing);
        if (framing != UploadFraming.WebSocket && HeaderRules.Lists(request.Headers.TE, "trailers") && context.Response.SupportsTrailers())
        {
            head.Add("TE: trailers\r\nConnection: TE\r\n"u8);
        }
    }

    private static bool Passes(
        HeaderRule rule, string name, StringValues values, StringValues connection, bool nominates, ClientChain chain, RelayDecision decision, UploadFraming framing)
    {
        var passes = rule switch
        {
            HeaderRule.Authorization => !decision.OwnsAuthorization,
            HeaderRule.FromTrusted => chain.IsBehindTrustedProxy,
            HeaderRule.Expect => framing is UploadFraming.Length or UploadFraming.Chunked && ExpectsContinue(values),
            HeaderRule.Cookie => true,
            HeaderRule.Trace => Activity.Current is null,
            _ => false,
        };
        return passes && !(nominates && HeaderRules.Lists(connection, name));
    }

    /// <summary>Whether the client waits for a word before it sends the body.</summary>
    public static bool ExpectsContinue(StringValues expect) => expect.Count == 1 && "100-continue".Equals(expect[0], StringComparison.OrdinalIgnoreCase);

    /// <summary>The cookies but for those that are this service's own.</summary>
    private static StringValues Without(StringValues values, Predicate<string> owns)
    {
        var kept = new List<string>();
        foreach (var value in values)
        {
            foreach (var pair in (value ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!owns(pair.Split('=', 2)[0].TrimEnd()))
                {
                    kept.Add(pair);
                }
            }
        }

        return kept.Count == 0 ? StringValues.Empty : string.Join("; ", kept);
    }

    private static void AddFields(HeadBuffer head, HeaderRule rule, string name, StringValues values)
    {
        if (rule == HeaderRule.Cookie && values.Count > 1)
        {
            // HTTP/2 may split it; HTTP/1.1 knows one line only (RFC 9113 §8.2.3).
            head.AddField(name, string.Join("; ", values.ToArray()));
            return;
        }

        foreach (var value in values)
        {
            head.AddField(name, value);
        }
    }

    private static void AddOwn(HeadBuffer head, HttpContext context, ClientChain chain, RelayTarget target, RelayDecision decision)
    {
        head.AddField("X-Forwarded-For", chain.For);
        head.AddField("X-Forwarded-Host", context.Request.Host.Value);
        head.AddField("X-Forwarded-Proto", chain.Scheme);
        if (!string.IsNullOrEmpty(target.Prefix))
        {
            head.AddField("X-Forwarded-Prefix", target.Prefix);
        }

        head.AddField("Forwarded", chain.Forwarded);
        head.AddField("Via", RelayName.Append(context.Request.Headers.Via, context.Request.Protocol));

        // The application's own where it gives requests ids, so that both logs tell of the same request; else the client's.
        if ((context.Response.Headers["X-Request-Id"] is { Count: 1 } own ? own : context.Request.Headers["X-Request-Id"]) is [{ Length: > 0 } id, ..])
        {
            head.AddField("X-Request-Id", id);
        }

        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } trace } span)
        {
            head.AddField("traceparent", trace);
            if (span.TraceStateString is { Length: > 0 } state)
            {
                head.AddField("tracestate", state);
            }
        }

        if (decision.Identity is { } identity)
        {
            head.AddField(HeaderRules.Identity, identity);
        }
    }

    private static void AddFraming(HeadBuffer head, HttpRequest request, UploadFraming framing)
    {
        if (framing == UploadFraming.Chunked)
        {
            head.Add("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (framing == UploadFraming.Length || framing == UploadFraming.None && request.ContentLength == 0)
        {
            Span<char> digits = stackalloc char[20];
            _ = request.ContentLength!.Value.TryFormat(digits, out var length);
            head.AddField("Content-Length", digits[..length]);
        }
    }
}
