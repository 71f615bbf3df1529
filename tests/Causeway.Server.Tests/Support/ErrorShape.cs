using System.Text.Json;
using Causeway.Testing;

namespace Causeway.Server.Tests;

/// <summary>The one shape of every error.</summary>
internal static class ErrorShape
{
    /// <summary>Fails unless the answer is an error of this status and code; gives its details.</summary>
    public static JsonElement AssertError(this HttpAnswer answer, int status, string code)
    {
        Assert.True(answer.Status == status, $"Expected {status} {code}, got {answer.Status}: {answer.Text}");
        Assert.StartsWith("application/json", answer.Header("Content-Type"), StringComparison.Ordinal);
        var error = answer.Json.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(answer.Header("X-Request-Id"), error.GetProperty("request_id").GetString());
        return error.GetProperty("details");
    }

    /// <summary>Fails unless the answer is 422 and names exactly these fields.</summary>
    public static void AssertInvalid(this HttpAnswer answer, params string[] fields)
    {
        var details = answer.AssertError(422, "VALIDATION_ERROR");
        Assert.Equal(fields.Order(), details.GetProperty("fields").EnumerateObject().Select(static field => field.Name).Order());
    }

    /// <summary>Fails unless the answer has this status; gives its body.</summary>
    public static JsonElement AssertStatus(this HttpAnswer answer, int status)
    {
        Assert.True(answer.Status == status, $"Expected {status}, got {answer.Status}: {answer.Text}");
        return answer.Body.Length == 0 ? default : answer.Json;
    }
}
