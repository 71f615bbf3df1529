using Causeway.Http;

namespace Causeway.Relay;

/// <summary>Why a backend's process is not there for a request.</summary>
/// <param name="Reason">A word for programs.</param>
/// <param name="Message">One sentence for the client, with nothing in it of what the process is or said.</param>
/// <param name="RetryAfter">When to come back; null where only an operator can help.</param>
internal sealed record BackendFailure(string Reason, string Message, TimeSpan? RetryAfter = null)
{
    public static BackendFailure Held { get; } = new("stopped_by_operator", "The backend was stopped by an operator.");

    public static BackendFailure Closing { get; } = new("stopping", "The backend is being stopped.", TimeSpan.FromSeconds(1));

    public static BackendFailure NotStarted(TimeSpan wait) => new("start_failed", "The backend could not be started.", wait);

    public static BackendFailure Ended(TimeSpan wait) => new("exited", "The backend ended before it was ready.", wait);

    public static BackendFailure NotReady(TimeSpan wait) => new("not_ready", "The backend did not get ready in time.", wait);

    public static BackendFailure PortHeld(TimeSpan wait) => new("port_held", "The backend's address is taken by something else.", wait);

    public static BackendFailure BackingOff(TimeSpan wait) => new("backing_off", "The backend ended and is not to be started again yet.", wait);

    public static BackendFailure CrashLooping(TimeSpan wait) => new("crash_looping", "The backend ends again and again.", wait);

    /// <summary>The failure as the client gets it: 503, with <c>Retry-After</c> where that helps.</summary>
    public ApiError ToError(string backend) => new(ErrorCode.Unavailable, Message)
    {
        Details = new() { ["backend"] = backend, ["reason"] = Reason },
        RetryAfter = RetryAfter,
    };
}
