using System.Text.Json.Serialization;

namespace Causeway.Server;

/// <summary>A webhook: an endpoint that is told of events.</summary>
internal sealed record WebhookResponse
{
    /// <summary>A UUIDv7.</summary>
    public required string Id { get; init; }

    /// <summary>Where events are posted to.</summary>
    public required string Url { get; init; }

    /// <summary>What it is for.</summary>
    public required string? Description { get; init; }

    /// <summary>The events it is told of: types, or how they begin and <c>*</c>.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The rooms whose events it is told of: names, or how they begin and <c>*</c>; null for all.</summary>
    public required IReadOnlyList<string>? Rooms { get; init; }

    /// <summary>Whether it is told of anything.</summary>
    public required bool Active { get; init; }

    /// <summary>The keys that sign, without themselves; the newest last.</summary>
    public required IReadOnlyList<SecretResponse> Secrets { get; init; }

    /// <summary>Whether the endpoint is tried, or left alone for a while since it failed again and again.</summary>
    public required CircuitResponse Circuit { get; init; }

    /// <summary>When it took an event last.</summary>
    public required DateTimeOffset? LastSuccessAt { get; init; }

    /// <summary>When it failed last.</summary>
    public required DateTimeOffset? LastFailureAt { get; init; }

    /// <summary>Why it failed last.</summary>
    public required string? LastError { get; init; }

    /// <summary>Who made it.</summary>
    public required string? CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Counts its changes; the number in its <c>ETag</c>.</summary>
    public required long Version { get; init; }

    /// <summary>The key that was made with this request: told now, and never again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    public static WebhookResponse From(WebhookRow row, DateTimeOffset now) => new()
    {
        Id = row.Id,
        Url = row.Url,
        Description = row.Description,
        Events = Words.Read(row.Events),
        Rooms = row.Rooms is null ? null : Words.Read(row.Rooms),
        Active = row.Active,
        Secrets = [.. WebhookSecret.Read(row.Secrets).Where(secret => secret.IsLive(now)).Select(static secret =>
            new SecretResponse(secret.Id, secret.Hint, Moments.From(secret.CreatedAt), Moments.From(secret.ExpiresAt)))],
        Circuit = new CircuitResponse(
            row.OpenUntil is not { } until ? CircuitState.Closed : until > now.ToUnixTimeMilliseconds() ? CircuitState.Open : CircuitState.HalfOpen,
            row.FailuresInRow,
            Moments.From(row.OpenUntil)),
        LastSuccessAt = Moments.From(row.LastSuccessAt),
        LastFailureAt = Moments.From(row.LastFailureAt),
        LastError = row.LastError,
        CreatedBy = row.CreatedBy,
        CreatedAt = Moments.From(row.CreatedAt),
        UpdatedAt = Moments.From(row.UpdatedAt),
        Version = row.Version,
    };

    /// <summary>A key that signs.</summary>
    /// <param name="Id">Tells it from the other.</param>
    /// <param name="Hint">Its end.</param>
    /// <param name="CreatedAt">When it was made.</param>
    /// <param name="ExpiresAt">When it stops signing; null for never.</param>
    internal sealed record SecretResponse(string Id, string Hint, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

    /// <summary>How it stands with an endpoint.</summary>
    /// <param name="State"><c>closed</c>: it is tried; <c>open</c>: it is left alone; <c>half_open</c>: the next delivery tries it.</param>
    /// <param name="FailuresInRow">Failures since it took an event last.</param>
    /// <param name="OpenUntil">Until when it is left alone.</param>
    internal sealed record CircuitResponse(CircuitState State, long FailuresInRow, DateTimeOffset? OpenUntil);
}

/// <summary>Whether an endpoint is tried.</summary>
internal enum CircuitState
{
    /// <summary>It is.</summary>
    Closed,

    /// <summary>It is left alone.</summary>
    Open,

    /// <summary>The next delivery tries it.</summary>
    HalfOpen,
}
