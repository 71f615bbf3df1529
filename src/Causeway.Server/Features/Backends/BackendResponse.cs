using Causeway.Relay;

namespace Causeway.Server;

/// <summary>A backend as the API shows it.</summary>
internal sealed record BackendResponse
{
    /// <summary>Its name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>Where it listens.</summary>
    public required IReadOnlyList<Address> Addresses { get; init; }

    /// <summary>The process the service runs for it; null where somebody else runs it.</summary>
    public required ProcessDetails? Process { get; init; }

    public static BackendResponse From(BackendInfo backend) => new()
    {
        Name = backend.Name,
        Addresses = [.. backend.Addresses.Select(static address => new Address(address.Url.GetLeftPart(UriPartial.Path), address.IsUp, address.InFlight))],
        Process = backend.Process is { } process ? ProcessDetails.From(process) : null,
    };

    /// <summary>One address.</summary>
    /// <param name="Url">Where.</param>
    /// <param name="Healthy">Whether requests go there, as far as anybody knows.</param>
    /// <param name="InFlight">Requests and WebSockets that use it now.</param>
    internal sealed record Address(string Url, bool Healthy, int InFlight);

    /// <summary>A backend's process.</summary>
    internal sealed record ProcessDetails
    {
        /// <summary><c>stopped</c>, <c>starting</c>, <c>ready</c>, <c>stopping</c>, <c>backing_off</c> or <c>crash_looping</c>.</summary>
        public required string State { get; init; }

        /// <summary>Whether an operator stopped it: then requests don't start it.</summary>
        public required bool StoppedByOperator { get; init; }

        /// <summary><c>on_demand</c> or <c>always</c>.</summary>
        public required string Start { get; init; }

        /// <summary>The program and its arguments.</summary>
        public required IReadOnlyList<string> Command { get; init; }

        /// <summary>The system's id; null while it does not run.</summary>
        public required int? ProcessId { get; init; }

        /// <summary>Since when it runs; null while it does not.</summary>
        public required DateTimeOffset? StartedAt { get; init; }

        /// <summary>How often it was started since the service was.</summary>
        public required long Starts { get; init; }

        /// <summary>Ends by itself and failed starts since it last ran well.</summary>
        public required int Failures { get; init; }

        /// <summary>How it ended last, or why it could not be started; null where neither happened yet.</summary>
        public required string? LastEnd { get; init; }

        /// <summary>When it may be started again; null where nothing waits.</summary>
        public required DateTimeOffset? NextStartAt { get; init; }

        /// <summary>Requests and WebSockets that use it now.</summary>
        public required int Uses { get; init; }

        public static ProcessDetails From(ProcessInfo process) => new()
        {
            State = process.State switch
            {
                ProcessState.Starting => "starting",
                ProcessState.Ready => "ready",
                ProcessState.Stopping => "stopping",
                ProcessState.BackingOff => "backing_off",
                ProcessState.CrashLooping => "crash_looping",
                _ => "stopped",
            },
            StoppedByOperator = process.IsHeld,
            Start = process.Start == ProcessStart.Always ? "always" : "on_demand",
            Command = process.Command,
            ProcessId = process.ProcessId,
            StartedAt = process.StartedAt,
            Starts = process.Starts,
            Failures = process.Failures,
            LastEnd = process.LastEnd,
            NextStartAt = process.NextStartAt,
            Uses = process.Uses,
        };
    }
}
