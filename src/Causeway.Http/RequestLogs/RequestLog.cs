using System.Diagnostics.CodeAnalysis;

namespace Causeway.Http;

/// <summary>Whether requests are logged, which may be changed at any time: by the configuration, and over that for a while by whoever runs the service.</summary>
/// <remarks>Safe to use from any thread. Off, it costs a request one look.</remarks>
public sealed class RequestLog
{
    private readonly TimeProvider _time;
    private State _state = new(null, null, 0);

    internal RequestLog(TimeProvider time) => _time = time;

    /// <summary>The rules in force; null while nothing is logged.</summary>
    public RequestLogRules? Rules
    {
        get
        {
            var state = Volatile.Read(ref _state);
            return IsInForce(state.Temporary) ? state.Temporary.Rules : state.Configured;
        }
    }

    /// <summary>Until when the temporary rules count; null where there are none.</summary>
    public DateTimeOffset? Until
    {
        get
        {
            var temporary = Volatile.Read(ref _state).Temporary;
            return IsInForce(temporary) ? temporary.Until : null;
        }
    }

    /// <summary>Rises with every change, and when temporary rules end.</summary>
    public long Version
    {
        get
        {
            var state = Volatile.Read(ref _state);
            return 2 * state.Version + (state.Temporary is null || IsInForce(state.Temporary) ? 0 : 1);
        }
    }

    /// <summary>Sets what counts for good; temporary rules stay over it until they end.</summary>
    /// <param name="rules">Null for nothing.</param>
    public void Configure(RequestLogRules? rules) => Change(state => state with { Configured = rules });

    /// <summary>Sets what counts for a while, over what is configured.</summary>
    /// <param name="rules">Null for nothing.</param>
    /// <param name="until">The end.</param>
    public void Override(RequestLogRules? rules, DateTimeOffset until) => Change(state => state with { Temporary = new(rules, until) });

    /// <summary>Goes back to what is configured.</summary>
    public void EndOverride() => Change(static state => state with { Temporary = null });

    private bool IsInForce([NotNullWhen(true)] TemporaryRules? temporary) => temporary is not null && temporary.Until > _time.GetUtcNow();

    private void Change(Func<State, State> change)
    {
        State before, after;
        do
        {
            before = Volatile.Read(ref _state);
            after = change(before) with { Version = before.Version + 1 };
        }
        while (Interlocked.CompareExchange(ref _state, after, before) != before);
    }

    private sealed record State(RequestLogRules? Configured, TemporaryRules? Temporary, long Version);

    private sealed record TemporaryRules(RequestLogRules? Rules, DateTimeOffset Until);
}
