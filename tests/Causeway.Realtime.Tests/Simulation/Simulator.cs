using System.Runtime.CompilerServices;

namespace Causeway.Realtime.Tests;

/// <summary>
/// Virtual time and one thread: everything that happens is an event at a moment, and one seed decides all that is left to chance. What is due at the same time happens in the order it was asked for.
/// </summary>
internal sealed class Simulator(int seed, bool keepsTrace)
{
    private readonly PriorityQueue<SimulatedEvent, (long At, long Order)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<string> _trace = [];
    private ulong _hash = 14_695_981_039_346_656_037;
    private long _order;

    /// <summary>When it starts.</summary>
    public static DateTimeOffset Epoch { get; } = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    public int Seed => seed;

    public Chance Chance { get; } = new(seed);

    /// <summary>Time since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>What must never happen and did; null while all is well.</summary>
    public string? Failure { get; private set; }

    /// <summary>Of everything that has happened, in order: two runs with one hash are the same run.</summary>
    public ulong Hash => _hash;

    public long Events { get; private set; }

    /// <summary>What has happened, where it is kept.</summary>
    public IReadOnlyList<string> Trace => _trace;

    /// <summary>Has something happen later; with an owner, only while that process lives, and not while it stands still.</summary>
    public SimulatedEvent After(TimeSpan delay, Action action, SimulatedProcess? owner = null)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Whatever runs elsewhere runs in an order that nobody can repeat.
            Fail($"Something has left the simulation's thread: {Environment.StackTrace}");
        }

        var next = new SimulatedEvent(action, owner);
        _events.Enqueue(next, ((Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero)).Ticks, ++_order));
        return next;
    }

    /// <summary>Has something happen now that could not when it was due.</summary>
    public void CatchUp(SimulatedEvent late) => _events.Enqueue(late, (Now.Ticks, ++_order));

    /// <summary>Lets time pass, and everything happen that is due, unless it fails before.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (Failure is null && _events.TryPeek(out _, out var when) && when.At <= end.Ticks)
        {
            var next = _events.Dequeue();
            Now = TimeSpan.FromTicks(when.At);
            if (next.IsCancelled || next.Owner?.TakesOver(next) == true)
            {
                continue;
            }

            Events++;
            Mix((ulong)when.At);
            try
            {
                next.Action();
            }
            catch (Exception exception)
            {
                Fail($"An exception got out: {exception}");
            }
        }

        Now = end > Now ? end : Now;
    }

    /// <summary>Notes something that happened, for the trace and its hash. No text that differs from run to run.</summary>
    public void Note([InterpolatedStringHandlerArgument("")] ref NoteHandler note)
    {
        if (keepsTrace)
        {
            _trace.Add($"{Now.TotalSeconds,10:F6} {note.Text}");
        }
    }

    /// <summary>Ends the run: a promise was broken.</summary>
    public void Fail(string what)
    {
        Failure ??= what;
        if (keepsTrace)
        {
            _trace.Add($"{Now.TotalSeconds,10:F6} FAILED: {what}");
        }
    }

    private void Mix(ulong value) => _hash = (_hash ^ value) * 1_099_511_628_211;

    /// <summary>Puts a note together: into the hash always, into words only where they are kept.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct NoteHandler
    {
        private readonly Simulator _simulator;
        private readonly System.Text.StringBuilder? _text;

        public NoteHandler(int literalLength, int formattedCount, SimulatedDatabase database)
            : this(literalLength, formattedCount, database.Simulator)
        {
        }

        public NoteHandler(int literalLength, int formattedCount, Simulator simulator)
        {
            _simulator = simulator;
            _text = simulator.KeepsTrace ? new System.Text.StringBuilder(literalLength + (formattedCount * 8)) : null;
        }

        public string? Text => _text?.ToString();

        public void AppendLiteral(string value)
        {
            _simulator.Mix((ulong)value.Length);
            _text?.Append(value);
        }

        public void AppendFormatted(long value)
        {
            _simulator.Mix((ulong)value);
            _text?.Append(value);
        }

        public void AppendFormatted(bool value) => AppendFormatted(value ? "yes" : "no");

        public void AppendFormatted(TimeSpan value)
        {
            _simulator.Mix((ulong)value.Ticks);
            _text?.Append(value.TotalSeconds).Append(" s");
        }

        public void AppendFormatted(string? value)
        {
            foreach (var c in value ?? "null")
            {
                _simulator.Mix(c);
            }

            _text?.Append(value ?? "null");
        }
    }

    private bool KeepsTrace => keepsTrace;
}

/// <summary>Something that will happen, unless it is called off.</summary>
internal sealed class SimulatedEvent(Action action, SimulatedProcess? owner)
{
    public Action Action => action;

    public SimulatedProcess? Owner => owner;

    public bool IsCancelled { get; private set; }

    public void Cancel() => IsCancelled = true;
}

/// <summary>What one seed decides.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "It has to come out the same again.")]
internal sealed class Chance(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Whether something happens that does so often, of 1.</summary>
    public bool Of(double share) => _random.NextDouble() < share;

    /// <summary>A number from the first up to, and without, the second.</summary>
    public int Between(int low, int high) => _random.Next(low, high);

    /// <summary>A time between two.</summary>
    public TimeSpan Between(TimeSpan low, TimeSpan high) => low + ((high - low) * _random.NextDouble());

    /// <summary>A time between two, in milliseconds.</summary>
    public TimeSpan Milliseconds(double low, double high) => TimeSpan.FromMilliseconds(low + ((high - low) * _random.NextDouble()));

    public T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
}
