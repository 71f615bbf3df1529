using Causeway.Testing;

namespace Causeway.Relay.Tests;

/// <summary>A backend that keeps the heads of its requests, to see what arrived to the letter.</summary>
internal sealed class EchoBackend : IAsyncDisposable
{
    private readonly RawBackend _backend;
    private volatile string _last = "";

    public EchoBackend(string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") => _backend = RawBackend.Start(async peer =>
    {
        while (await peer.ReadHeadAsync() is { } head)
        {
            _last = head;
            await peer.SendAsync(answer);
        }
    });

    public Uri Url => _backend.Url;

    /// <summary>The request line of the last request.</summary>
    public string RequestLine => _last.Split("\r\n")[0];

    /// <summary>The values of a header in the last request, in their order.</summary>
    public IReadOnlyList<string> Header(string name) =>
        [.. _last.Split("\r\n").Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim())];

    /// <summary>Sends one request through a relay, with these header lines.</summary>
    public static Task<HttpAnswer> AskAsync(TestServer front, string target = "/", params string[] headers) =>
        HttpAnswer.SendAsync(front.BaseAddress, $"GET {target} HTTP/1.1\r\nHost: front.example:8080\r\n{string.Concat(headers.Select(static line => line + "\r\n"))}\r\n");

    public ValueTask DisposeAsync() => _backend.DisposeAsync();
}
