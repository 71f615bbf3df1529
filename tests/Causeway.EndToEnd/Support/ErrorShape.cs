using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd;

/// <summary>The one shape of every error.</summary>
internal static class ErrorShape
{
    /// <summary>Fails unless an answer is <c>{"error":{"code","message","details","request_id"}}</c> with this status and code.</summary>
    public static void AssertError(this HttpAnswer answer, int status, string code)
    {
        Assert.True(answer.Status == status, $"Expected {status} {code}, got {answer.Status}: {answer.Text}");
        Assert.StartsWith("application/json", answer.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal(["error"], answer.Json.EnumerateObject().Select(static property => property.Name));
        var error = answer.Json.GetProperty("error");
        Assert.Equal(["code", "message", "details", "request_id"], error.EnumerateObject().Select(static property => property.Name));
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.False(string.IsNullOrWhiteSpace(error.GetProperty("message").GetString()));
        Assert.Equal(JsonValueKind.Object, error.GetProperty("details").ValueKind);
        Assert.False(string.IsNullOrWhiteSpace(error.GetProperty("request_id").GetString()));
        Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
    }

    /// <summary>Fails unless the answer tells in whole seconds when to come back.</summary>
    public static void AssertRetryAfter(this HttpAnswer answer) =>
        Assert.True(int.TryParse(answer.Header("Retry-After"), out var seconds) && seconds > 0, $"Retry-After: {answer.Header("Retry-After")}");
}
