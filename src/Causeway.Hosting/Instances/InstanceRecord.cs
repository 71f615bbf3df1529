using System.Text.Json;

namespace Causeway.Hosting;

/// <summary>Where an instance is in its life.</summary>
public enum InstanceState
{
    /// <summary>It prepares to listen.</summary>
    Starting = 1,

    /// <summary>It serves.</summary>
    Running,

    /// <summary>It was asked to stop.</summary>
    Draining,
}

/// <summary>
/// What an instance writes down about itself in its data directory (<c>instance.json</c>), so that the next one can tell it from any other process.
/// Believed only after <see cref="InstanceProof"/> has compared it with the living process.
/// </summary>
internal sealed record InstanceRecord
{
    private const int MaxBytes = 256 * 1024;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Its process.</summary>
    public required int Pid { get; init; }

    /// <summary>When that process started: field 22 of <c>/proc/PID/stat</c>, clock ticks since the boot.</summary>
    public required long StartTicks { get; init; }

    /// <summary>The boot this was in.</summary>
    public required string BootId { get; init; }

    /// <summary>The program's file.</summary>
    public required string? Executable { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> CommandLine { get; init; }

    /// <summary>The data directory, as a full path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The user it runs as.</summary>
    public required uint UserId { get; init; }

    /// <summary>New with every start.</summary>
    public required Guid InstanceId { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>Where it listens, or will.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>The seconds its stop may take, all of it.</summary>
    public required double DrainSeconds { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required InstanceState State { get; init; }

    /// <summary>When it will have ended; null until it was asked to stop.</summary>
    public DateTimeOffset? DrainDeadline { get; init; }

    /// <summary>Reads a record; null where there is none, or none that makes sense.</summary>
    public static InstanceRecord? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<InstanceRecord>(PrivateFile.Read(path, MaxBytes), Json) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the record for its owner's eyes only.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public void Write(string path) => PrivateFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, Json));
}
