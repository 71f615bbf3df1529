using System.Text.Json;

namespace Causeway.Http.Tests;

/// <summary>F2: JSON is snake_case, strict on the way in and the same for every client on the way out.</summary>
public sealed class ApiJsonTests
{
    private static readonly JsonSerializerOptions Options = Create();

    private enum Mode
    {
        FirstCome,
        LastCome,
    }

    private sealed record Sample(string UserName, DateTimeOffset CreatedAt, Mode Mode, DateTime? SeenAt = null);

    [Fact]
    public void Apply_Writing_IsSnakeCaseUtcWithMilliseconds()
    {
        var sample = new Sample(
            "ann", new DateTimeOffset(2026, 1, 31, 10, 15, 0, 5, TimeSpan.FromHours(2)), Mode.LastCome, new DateTime(2026, 2, 1, 0, 0, 0, DateTimeKind.Unspecified));

        Assert.Equal(
            """{"user_name":"ann","created_at":"2026-01-31T08:15:00.005Z","mode":"last_come","seen_at":"2026-02-01T00:00:00.000Z"}""",
            JsonSerializer.Serialize(sample, Options));
    }

    [Theory]
    [InlineData("2026-01-31T08:15:00Z")]
    [InlineData("2026-01-31T08:15:00.000000Z")]
    [InlineData("2026-01-31T10:15:00+02:00")]
    public void Apply_ReadingTimeWithOffset_IsTheMoment(string text)
    {
        var sample = JsonSerializer.Deserialize<Sample>($$"""{"user_name":"a","created_at":"{{text}}","mode":"first_come"}""", Options)!;

        Assert.Equal(new DateTimeOffset(2026, 1, 31, 8, 15, 0, TimeSpan.Zero), sample.CreatedAt);
        Assert.Equal(TimeSpan.Zero, sample.CreatedAt.Offset);
    }

    [Theory]
    [InlineData("\"2026-01-31T08:15:00\"", "\"first_come\"")]
    [InlineData("\"2026-01-31\"", "\"first_come\"")]
    [InlineData("\"yesterday\"", "\"first_come\"")]
    [InlineData("1", "\"first_come\"")]
    [InlineData("\"2026-01-31T08:15:00Z\"", "1")]
    [InlineData("\"2026-01-31T08:15:00Z\"", "\"never\"")]
    public void Apply_ReadingAmbiguousValue_Refuses(string time, string mode) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Sample>($$"""{"user_name":"a","created_at":{{time}},"mode":{{mode}}}""", Options));

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        ApiJson.Apply(options);
        return options;
    }
}
