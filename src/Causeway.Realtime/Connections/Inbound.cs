using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The limits on what one client sends: its rate, and how much nonsense is borne.</summary>
internal sealed class Inbound(LiveCore core)
{
    private const int MaxRefused = 100;

    private static readonly TimeSpan RefusalWindow = TimeSpan.FromSeconds(10);

    private readonly double _rate = core.Options.MessagesPerSecond;
    private double _allowance = core.Options.MessagesPerSecond;
    private long _filledAt = core.Time.GetTimestamp();
    private long _refusalsSince;
    private int _refused;

    /// <summary>Takes one text message and sees that it is answered.</summary>
    public ValueTask TakeAsync(Connection connection, ReadOnlyMemory<byte> utf8, MessageDispatcher dispatcher)
    {
        if (connection.IsClosing)
        {
            return ValueTask.CompletedTask;
        }

        var fault = EnvelopeReader.TryRead(utf8, out var envelope);
        if (TakeAllowance() is { } wait)
        {
            Refuse(connection, Refusals.RateLimited(wait), fault is null ? envelope.Ref : fault.Ref);
            return ValueTask.CompletedTask;
        }

        if (fault is not null)
        {
            Refuse(connection, new ApiError(fault.Code, fault.Message) { Details = fault.Details }, fault.Ref);
            return ValueTask.CompletedTask;
        }

        return dispatcher.DispatchAsync(connection, envelope, this);
    }

    /// <summary>Answers with an error; too many of them end the connection.</summary>
    public void Refuse(Connection connection, ApiError error, string? reference)
    {
        core.Metrics.CountRefused(error.Code);
        connection.Answer(ServerMessages.Error(connection.Sender.Form, error, reference));
        if (_refused == 0 || core.Time.GetElapsedTime(_refusalsSince) > RefusalWindow)
        {
            (_refused, _refusalsSince) = (0, core.Time.GetTimestamp());
        }

        // What fails on our side is no nonsense of the client's.
        if (error.Code != ErrorCode.Unavailable && ++_refused > MaxRefused)
        {
            core.Logger.ConnectionClosed(connection.Id, CloseReason.PolicyViolation.Code, CloseReason.PolicyViolation.Reason);
            connection.Close(new CloseRequest(CloseReason.PolicyViolation));
        }
    }

    // A bucket that holds one second's messages. Null when there is one left, else how long until there is.
    private TimeSpan? TakeAllowance()
    {
        var now = core.Time.GetTimestamp();
        _allowance = Math.Min(_rate, _allowance + (core.Time.GetElapsedTime(_filledAt, now).TotalSeconds * _rate));
        _filledAt = now;
        if (_allowance < 1)
        {
            return TimeSpan.FromSeconds((1 - _allowance) / _rate);
        }

        _allowance--;
        return null;
    }
}
