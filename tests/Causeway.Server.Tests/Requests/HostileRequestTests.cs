using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests;

/// <summary>F2, F3: whatever comes, the answer is the one error shape, or a bare status of HTTP where it was no request at all; the service stays up and tells nothing of itself.</summary>
public sealed partial class HostileRequestTests(LocalServer local) : IClassFixture<LocalServer>
{
    // What Kestrel answers by itself to what it can't read.
    private static readonly int[] BareStatuses = [400, 408, 411, 413, 414, 431, 505];

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X"];

    private RunningServer Server => local.Server;

    [Fact]
    public async Task AnyMethod_OnEveryEndpoint_AnsweredOrRefusedWithWhatIsAllowed()
    {
        var routes = Server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(static endpoint => (
                Template: "/" + endpoint.RoutePattern.RawText!.TrimStart('/'),
                Methods: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []))
            .Where(static route => !route.Template.Contains("{*", StringComparison.Ordinal)).ToList();
        foreach (var path in routes.Select(static route => Parameter().Replace(route.Template, "x")).Distinct())
        {
            // A name such as export.csv is also one that a parameter in its place takes.
            var methods = routes.Where(route => Takes(route.Template, path)).SelectMany(static route => route.Methods).Distinct().Order().ToList();
            foreach (var method in Methods.Where(method => methods.Count > 0 && !methods.Contains(method)))
            {
                var answer = await AskAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

                Assert.True(answer.Status == 405, $"{method} {path}: {answer.Status} {answer.Text}");
                Assert.Equal(methods, answer.Header("Allow")!.Split(", ").Order());
                AssertRefused(answer, method);
            }
        }
    }

    [Theory]
    [InlineData("\\u0000")]
    [InlineData("\\ud800")]
    public async Task Body_WithATextThatIsNone_IsRefusedWithTheReason(string title)
    {
        var body = $$"""{"room_id":"a","title":"x{{title}}"}""";
        var answer = await AskAsync($"POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");

        Assert.Equal(422, answer.Status);
        Assert.Contains("\"title\":\"Has a zero character, or half of one.\"", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/rooms/%00")]
    [InlineData("/api/v1/rooms/a%00b")]
    [InlineData("/api/v1/rooms/%ff%fe")]
    [InlineData("/api/v1/rooms/%c0%ae%c0%ae")]
    [InlineData("/api/v1/rooms/..%2f..%2fconfig")]
    [InlineData("/api/v1/rooms/%")]
    [InlineData("/api/v1/rooms/%zz")]
    [InlineData("/api/v1/rooms/%0d%0aSet-Cookie:%20a=b")]
    [InlineData("/api/v1/rooms/a/messages?after=%00")]
    [InlineData("/api/v1/rooms/a/messages?after=1&after=2")]
    [InlineData("/api/v1/rooms/a/messages?after=-1")]
    [InlineData("/api/v1/rooms/a/messages?after=99999999999999999999")]
    [InlineData("/api/v1/rooms/a/members?limit=1&limit=2")]
    [InlineData("/api/v1/rooms?limit=0")]
    [InlineData("/api/v1/rooms?limit=1e3")]
    [InlineData("/api/v1/rooms?limit=%ff")]
    [InlineData("/api/v1/rooms?limit=1&limit=2")]
    [InlineData("/api/v1/rooms?cursor=%00%ff")]
    [InlineData("/api/v1/rooms?cursor=a&cursor=b")]
    [InlineData("/api/v1/connections?cursor=AAAA")]
    [InlineData("/api/v1/loops/%2e%2e")]
    [InlineData("/api/v1/backends/%00/logs?limit=x")]
    [InlineData("/api/v1/streams/%00/events")]
    [InlineData("/sse?room=%00")]
    [InlineData("/sse")]
    [InlineData("/ws")]
    [InlineData("/..%2f..%2fetc%2fpasswd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/docs/%2e%2e%2f%2e%2e%2findex.html")]
    [InlineData("//evil.example/x")]
    [InlineData("/\\evil.example")]
    [InlineData("/js/main.js%00.html")]
    [InlineData("/api/v1/rooms/<script>alert(1)</script>")]
    public async Task Get_HostileTarget_IsRefusedAndNothingMore(string target)
    {
        var answer = await AskAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        AssertRefused(answer);
        Assert.Null(answer.Header("Set-Cookie"));
        Assert.DoesNotContain("<script>", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /health HTTP/1.1\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: local host\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Fold: a\r\n b\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Null: a\0b\r\n\r\n")]
    [InlineData("GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET  /health HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /hea\0lth HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("G{}T /health HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("\x16\x03\x01\x02\0\x01\0\r\n\r\n")]
    [InlineData("POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\nContent-Type: application/json\r\n\r\n")]
    [InlineData("POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}garbage\r\n0\r\n\r\n")]
    [InlineData("POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n")]
    public async Task Send_NoRequest_EndsWithAStatusAndNoHarm(string request)
    {
        AssertRefused(await AskAsync(request));
        (await Server.GetAsync("/health")).AssertStatus(200);
    }

    [Theory]
    [InlineData(9_000, 1, 414)]
    [InlineData(10, 40_000, 431)]
    [InlineData(7_000, 1, 404)]
    public async Task Get_TooLong_IsRefusedByItsStatus(int target, int header, int status)
    {
        var answer = await AskAsync(
            $"GET /{new string('a', target)} HTTP/1.1\r\nHost: localhost\r\nX-Long: {new string('b', header)}\r\nConnection: close\r\n\r\n");

        Assert.Equal(status, answer.Status);
        AssertRefused(answer);
    }

    [Fact]
    public async Task Get_TooManyHeaders_IsRefused()
    {
        var headers = string.Concat(Enumerable.Range(0, 200).Select(static i => $"X-{i}: a\r\n"));

        var answer = await AskAsync($"GET /health HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");

        Assert.Equal(431, answer.Status);
    }

    [Theory]
    [InlineData("X-Request-Id: a\tb")]
    [InlineData("X-Request-Id: <script>")]
    [InlineData("Accept: ;;;q=,*/")]
    [InlineData("Accept: application/problem+json;q=nonsense")]
    [InlineData("Accept-Encoding: ;q=1,,br;q=9,\"")]
    [InlineData("If-None-Match: \"")]
    [InlineData("If-Modified-Since: yesterday")]
    [InlineData("Range: bytes=a-")]
    [InlineData("Cookie: =;=;;;a")]
    [InlineData("Expect: nonsense")]
    [InlineData("Authorization: Bearer")]
    [InlineData("Authorization: Basic !!!")]
    [InlineData("Last-Event-ID: \u00ff\u00fe")]
    [InlineData("Content-Type: ;;;")]
    [InlineData("traceparent: 00-zz-zz-zz")]
    [InlineData("X-Forwarded-For: <script>, 999.999.999.999")]
    [InlineData("Forwarded: for=\"_gazonk\r\nX-Other: a")]
    public async Task Get_HostileHeader_IsAnsweredOrRefused(string header)
    {
        foreach (var path in (string[])["/api/v1/overview", "/health", "/", "/nowhere", "/ws?preflight=1"])
        {
            var answer = await AskAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nConnection: close\r\n\r\n");

            if (answer.Status >= 400)
            {
                AssertRefused(answer);
            }

            Assert.DoesNotContain("<script>", answer.Header("X-Request-Id") ?? "", StringComparison.Ordinal);
        }
    }

    public static TheoryData<string> Writers =>
    [
        "POST /api/v1/rooms", "PATCH /api/v1/rooms/a", "POST /api/v1/rooms/a/messages", "POST /api/v1/publish", "POST /api/v1/users/a/messages",
        "POST /api/v1/connections/a/messages", "POST /api/v1/broadcast", "PUT /api/v1/request-log",
    ];

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task Write_HostileBody_IsRefusedWithItsReason(string line)
    {
        // What is not JSON is 400 where it is met; a field that is not there may be met before.
        const int Either = 0;
        (string Body, string Type, int Status)[] bodies =
        [
            (new string('[', 100_000), "application/json", Either),
            ("{\"payload\":" + string.Concat(Enumerable.Repeat("{\"a\":", 20_000)), "application/json", Either),
            ("", "application/json", 400),
            ("{", "application/json", 400),
            ("\0", "application/json", 400),
            ("{\"type\":\"\0\"}", "application/json", Either),
            ("""{"type":"\u0000","title":"\u0000","url":"http://a/\u0000"}""", "application/json", 422),
            ("""{"type":"\ud800","title":"\ud800"}""", "application/json", 422),
            ("{'type':'a'}", "application/json", 400),
            ("{} {}", "application/json", 400),
            ("NaN", "application/json", 400),
            ("null", "application/json", 422),
            ("[]", "application/json", 422),
            ("\"text\"", "application/json", 422),
            ("1e999999", "application/json", 422),
            ("""{"is_admin":true}""", "application/json", 422),
            ("""{"__proto__":{"x":1}}""", "application/json", 422),
            ("""{"Type":"a"}""", "application/json", 422),
            ("{}", "text/plain", 415),
            ("{}", "application/x-www-form-urlencoded", 415),
            ("{}", "application/jsonp", 415),
            ("{}", "multipart/form-data; boundary=x", 415),
            ("{}", "", 415),
            ("{}", "application/json; charset=utf-7", 415),
            ("{}", "application/json; charset=utf-16", 415),
        ];
        foreach (var (body, type, status) in bodies)
        {
            var bytes = Encoding.UTF8.GetByteCount(body);
            var answer = await AskAsync(
                $"{line} HTTP/1.1\r\nHost: localhost\r\n{(type.Length == 0 ? "" : $"Content-Type: {type}\r\n")}Content-Length: {bytes}\r\nConnection: close\r\n\r\n{body}");

            Assert.True(status == Either ? answer.Status is 400 or 413 or 422 : answer.Status == status, $"{line} {body[..Math.Min(40, body.Length)]} as {type}: {answer.Status} instead of {status}, {answer.Text}");
            AssertRefused(answer);
        }
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task Write_BodyBreaksOff_TakesNothingAndLogsNoFault(string line)
    {
        using (var raw = await RawConnection.OpenAsync(Server.Address))
        {
            await raw.SendAsync(Encoding.ASCII.GetBytes($"{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"type\":"));
        }

        (await Server.GetAsync("/health")).AssertStatus(200);
        Server.Logs.AssertQuiet();
    }

    private static bool Takes(string template, string path) =>
        Regex.IsMatch(path, $"^{string.Join("[^/]+", Parameter().Split(template).Select(Regex.Escape))}$");

    private static void AssertRefused(HttpAnswer answer, string method = "GET")
    {
        if (answer.Header("X-Request-Id") is null)
        {
            Assert.Contains(answer.Status, BareStatuses);
            Assert.Empty(answer.Body);
            return;
        }

        Assert.InRange(answer.Status, 400, 499);

        if (method != "HEAD")
        {
            var error = answer.Header("Content-Type")!.StartsWith("application/problem+json", StringComparison.Ordinal) ? answer.Json : answer.Json.GetProperty("error");
            Assert.Equal(answer.Header("X-Request-Id"), error.GetProperty("request_id").GetString());
            Assert.Equal(System.Text.Json.JsonValueKind.Object, error.GetProperty("details").ValueKind);
            Assert.DoesNotMatch("   at |System\\.|Microsoft\\.|/work/|Exception|\\.cs:", answer.Text);
        }

        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    private async Task<HttpAnswer> AskAsync(string request)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await HttpAnswer.SendAsync(Server.Address, request).Within();
            }
            catch (SocketException) when (attempt < 3)
            {
                // The server answered and closed before it had read all; the reset overtook the answer.
            }
        }
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
