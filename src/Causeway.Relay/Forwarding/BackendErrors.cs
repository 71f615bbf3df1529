using Causeway.Http;

namespace Causeway.Relay;

/// <summary>What a client is told of a backend that failed: who and when, never where it runs.</summary>
internal static class BackendErrors
{
    private static readonly string[] Phases = ["", "connect", "tls", "send", "head", "body"];

    /// <summary>Every address is down, and everybody knows.</summary>
    public static ApiError AllDown(string backend, TimeSpan retryAfter) => new(ErrorCode.BackendUnreachable, "The backend is down.")
    {
        Status = 503,
        RetryAfter = retryAfter,
        Details = new() { ["backend"] = backend, ["phase"] = Phases[(int)BackendPhase.Connect] },
    };

    public static ApiError Describe(string backend, BackendException failure) =>
        new(failure.TimedOut ? ErrorCode.BackendTimeout : ErrorCode.BackendUnreachable, MessageOf(failure))
        {
            Details = new() { ["backend"] = backend, ["phase"] = Phases[(int)failure.Phase] },
        };

    private static string MessageOf(BackendException failure) => failure switch
    {
        { TimedOut: true, Phase: BackendPhase.Connect or BackendPhase.Tls } => "The backend did not take the connection in time.",
        { TimedOut: true } => "The backend did not answer in time.",
        { Phase: BackendPhase.Connect } => "The backend can't be reached.",
        { Phase: BackendPhase.Tls } => "The backend's certificate can't be trusted, or TLS failed.",
        _ => "The backend broke off before it answered, or its answer can't be read.",
    };
}
