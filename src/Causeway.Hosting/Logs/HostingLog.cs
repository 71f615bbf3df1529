using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>The log events of this library: 4000–4999.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(4001, LogLevel.Critical, "The service failed.")]
    public static partial void ServiceFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4002, LogLevel.Warning, "A second signal ended the service at once; what was still open is cut.")]
    public static partial void ForcedToStop(this ILogger logger);

    [LoggerMessage(4101, LogLevel.Information, "The service is stopping; it has {Seconds} s to drain.")]
    public static partial void DrainStarted(this ILogger logger, double seconds);

    [LoggerMessage(4102, LogLevel.Information, "Drain step {Step} was done after {Seconds} s.")]
    public static partial void DrainStepDone(this ILogger logger, string step, double seconds);

    [LoggerMessage(4103, LogLevel.Warning, "Drain step {Step} was cut after {Seconds} s, at the end of its time.")]
    public static partial void DrainStepCut(this ILogger logger, string step, double seconds);

    [LoggerMessage(4104, LogLevel.Error, "Drain step {Step} failed after {Seconds} s.")]
    public static partial void DrainStepFailed(this ILogger logger, string step, double seconds, Exception exception);

    [LoggerMessage(4105, LogLevel.Information, "The drain ended after {Seconds} s: {Done} of {Steps} steps done. {Report}")]
    public static partial void DrainEnded(this ILogger logger, double seconds, int done, int steps, string report);

    [LoggerMessage(4201, LogLevel.Error, "Readiness check {Check} failed.")]
    public static partial void ReadinessCheckFailed(this ILogger logger, string check, Exception exception);

    [LoggerMessage(4202, LogLevel.Warning, "Readiness check {Check} gave no answer within {Milliseconds} ms.")]
    public static partial void ReadinessCheckHung(this ILogger logger, string check, double milliseconds);

    [LoggerMessage(4301, LogLevel.Warning, "An observed metric could not be read.")]
    public static partial void MetricNotRead(this ILogger logger, Exception exception);

    [LoggerMessage(4302, LogLevel.Warning, "Metric {Metric} is left out: {Instrument} of meter {Meter} has another kind than the one already shown under this name.")]
    public static partial void MetricLeftOut(this ILogger logger, string metric, string instrument, string meter);

    [LoggerMessage(4401, LogLevel.Warning, "{Address} is held by process {ProcessId}, an earlier instance. It was asked to stop and has {Seconds} s to drain.")]
    public static partial void TakesOver(this ILogger logger, int processId, string address, double seconds);

    [LoggerMessage(4402, LogLevel.Information, "{Address} is held by process {ProcessId}, an earlier instance that is stopping; it has {Seconds} s in all.")]
    public static partial void WaitsForEarlierInstance(this ILogger logger, int processId, string address, double seconds);

    [LoggerMessage(4403, LogLevel.Information, "The earlier instance, process {ProcessId}, has ended; this took {Seconds} s.")]
    public static partial void EarlierInstanceEnded(this ILogger logger, int processId, double seconds);

    [LoggerMessage(4404, LogLevel.Warning, "The earlier instance, process {ProcessId}, is past the end it announced, and was killed.")]
    public static partial void KillsEarlierInstance(this ILogger logger, int processId);

    [LoggerMessage(4405, LogLevel.Debug, "Preflight step {Step} was done.")]
    public static partial void PreflightStepDone(this ILogger logger, string step);

    [LoggerMessage(4406, LogLevel.Warning, "The instance record {Path} could not be changed.")]
    public static partial void InstanceRecordNotWritten(this ILogger logger, string path, Exception exception);

    [LoggerMessage(4407, LogLevel.Warning, "The port preflight needs Linux: here nobody is asked to stop for this start, and a held address fails it.")]
    public static partial void PreflightNeedsLinux(this ILogger logger);

    [LoggerMessage(4408, LogLevel.Debug, "A connection ended before it was accepted.")]
    public static partial void ConnectionNotAccepted(this ILogger logger, Exception exception);
}
