using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>The log events of children: 4700–4799.</summary>
internal static partial class ChildrenLog
{
    /// <summary>A command as it is logged: the program, and how many arguments it got. What they are may be a password.</summary>
    public static string Named(string program, int arguments) => arguments switch
    {
        0 => program,
        1 => $"{program} with 1 argument",
        _ => $"{program} with {arguments} arguments",
    };

    [LoggerMessage(4701, LogLevel.Information, "Child {Child} was started as process {ProcessId}: {Command}")]
    public static partial void ChildStarted(this ILogger logger, string child, int processId, string command);

    [LoggerMessage(4702, LogLevel.Information, "Child {Child}, process {ProcessId}, {Exit}.")]
    public static partial void ChildEnded(this ILogger logger, string child, int processId, ChildExit exit);

    [LoggerMessage(4703, LogLevel.Warning, "Child {Child}, process {ProcessId}, did not end within {Seconds} s of being asked; it is killed with all its group.")]
    public static partial void ChildKilled(this ILogger logger, string child, int processId, double seconds);

    [LoggerMessage(4704, LogLevel.Warning, "The kernel can't be told to end children with this service here: {Reason}. After a crash they are ended by {Instead}.")]
    public static partial void NoParentDeathSignal(this ILogger logger, string reason, string instead);

    [LoggerMessage(4705, LogLevel.Warning, "The record of child {Child} could not be completed; after a crash it is known by its environment alone.")]
    public static partial void RecordNotCompleted(this ILogger logger, string child, Exception exception);

    [LoggerMessage(4711, LogLevel.Warning, "An earlier run of this service, process {OwnerId}, left {Count} processes of child {Child} behind; they are ended now.")]
    public static partial void OrphansFound(this ILogger logger, string child, int ownerId, int count);

    [LoggerMessage(4712, LogLevel.Information, "Process {ProcessId} of child {Child} was asked to stop: {Command}")]
    public static partial void SurvivorAsked(this ILogger logger, int processId, string command, string child);

    [LoggerMessage(4713, LogLevel.Information, "Process {ProcessId} of child {Child} was killed: {Command}")]
    public static partial void SurvivorKilled(this ILogger logger, int processId, string command, string child);

    [LoggerMessage(4714, LogLevel.Warning, "Process {ProcessId} of child {Child} can't be held and is left alone: {Command}")]
    public static partial void SurvivorNotHeld(this ILogger logger, int processId, string command, string child);

    [LoggerMessage(4715, LogLevel.Error, "Process {ProcessId} of child {Child} can't be signalled: {Command}")]
    public static partial void SurvivorNotSignalled(this ILogger logger, int processId, string command, string child, Exception exception);

    [LoggerMessage(4716, LogLevel.Error, "Processes of child {Child} are left that could not be ended: {ProcessIds}. The next start tries again.")]
    public static partial void OrphansLeft(this ILogger logger, string child, string processIds);

    [LoggerMessage(4717, LogLevel.Warning, "The record {Path} of an earlier child can't be read and is left alone.")]
    public static partial void JournalUnreadable(this ILogger logger, string path, Exception exception);

    [LoggerMessage(4721, LogLevel.Warning, "The guardian of the children, process {ProcessId}, was ended by somebody; another has taken over.")]
    public static partial void GuardianGone(this ILogger logger, int processId);

    [LoggerMessage(4723, LogLevel.Warning, "The guardian of the children, process {ProcessId}, has ended; the next child gets another.")]
    public static partial void GuardianEnded(this ILogger logger, int processId);

    [LoggerMessage(4722, LogLevel.Warning, "The guardian of the children could not be started: after a crash, what the children started may live on until the next start.")]
    public static partial void GuardianNotStarted(this ILogger logger, Exception exception);
}
