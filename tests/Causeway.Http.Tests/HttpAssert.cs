using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Causeway.Http.Tests;

/// <summary>What every answer of the one error shape must have.</summary>
internal static class HttpAssert
{
    /// <summary>Reads the error and checks its status, code and form.</summary>
    public static async Task<JsonElement> IsErrorAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.TextAsync().Within();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} instead of {(int)status}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        var root = JsonElement.Parse(text);
        Assert.Equal(["error"], root.EnumerateObject().Select(static p => p.Name));
        var error = root.GetProperty("error");
        Assert.Equal(["code", "message", "details", "request_id"], error.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(JsonValueKind.Object, error.GetProperty("details").ValueKind);
        Assert.False(string.IsNullOrWhiteSpace(error.GetProperty("message").GetString()));
        Assert.Equal(response.Headers.GetValues("X-Request-Id").Single(), error.GetProperty("request_id").GetString());
        return error;
    }

    public static Task<HttpResponseMessage> SendAsync(this TestServer server, HttpRequestMessage request) =>
        server.Client.SendAsync(request, TestContext.Current.CancellationToken);

    public static Task<HttpResponseMessage> GetAsync(this TestServer server, string path) =>
        server.Client.GetAsync(path, TestContext.Current.CancellationToken);

    public static Task<string> TextAsync(this HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public static HttpRequestMessage With(this HttpRequestMessage request, string name, string value)
    {
        Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return request;
    }

    public static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);

    public static HttpRequestMessage Post(string path, object body) => new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };

    public static HttpRequestMessage PostText(string path, string body, string mediaType = "application/json") =>
        new(HttpMethod.Post, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, mediaType) };
}
