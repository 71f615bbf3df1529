using System.Text.Json.Nodes;

namespace Causeway.Identity;

/// <summary>Refusals that are yet to be written: the same one of the same network is one entry with a count.</summary>
/// <param name="most">Different ones at a time.</param>
/// <param name="pause">How long after one was written the next of its kind is held back, to be counted.</param>
/// <param name="time">Says when.</param>
internal sealed class RefusalNotes(int most, TimeSpan pause, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Key, Note> _notes = [];

    /// <summary>Notes one; false where there are too many.</summary>
    public bool TryAdd(AuditEntry entry)
    {
        var key = KeyOf(entry);
        lock (_lock)
        {
            if (_notes.TryGetValue(key, out var note))
            {
                note.Add(entry, time.GetUtcNow());
                return true;
            }

            return _notes.Count < most && _notes.TryAdd(key, new Note(entry, time.GetUtcNow()));
        }
    }

    /// <summary>Takes those out that are to be written now.</summary>
    /// <param name="everything">Also those that are held back.</param>
    public List<Taken> Take(bool everything)
    {
        var taken = new List<Taken>();
        lock (_lock)
        {
            foreach (var (key, note) in _notes)
            {
                var mayGo = everything || note.WrittenAt is not { } writtenAt || time.GetElapsedTime(writtenAt) >= pause;
                if (mayGo && note.Count > 0)
                {
                    taken.Add(note.Take(time.GetTimestamp()));
                }

                if (mayGo && note.Count == 0 && (pause == TimeSpan.Zero || time.GetElapsedTime(note.WrittenAt!.Value) >= pause))
                {
                    _notes.Remove(key);
                }
            }
        }

        return taken;
    }

    /// <summary>Notes again what could not be written.</summary>
    public void PutBack(IEnumerable<Taken> taken)
    {
        lock (_lock)
        {
            foreach (var one in taken)
            {
                var key = KeyOf(one.Entry);
                if (_notes.TryGetValue(key, out var note))
                {
                    note.PutBack(one);
                }
                else
                {
                    _notes.Add(key, new Note(one.Entry, one.At, one.Count));
                }
            }
        }
    }

    private static Key KeyOf(AuditEntry entry) => new(entry.Action, entry.Origin.Actor, LogInThrottle.NetworkOf(entry.Origin.Address), entry.Target);

    private readonly record struct Key(string Action, string Actor, string Network, string? Target);

    /// <summary>One that is written now.</summary>
    /// <param name="Entry">The first of its kind.</param>
    /// <param name="At">When that was.</param>
    /// <param name="Count">How many there were.</param>
    public readonly record struct Taken(AuditEntry Entry, DateTimeOffset At, int Count)
    {
        /// <summary>With the count among its details where there was more than one.</summary>
        public AuditEntry ToEntry()
        {
            if (Count == 1)
            {
                return Entry;
            }

            var details = (JsonObject?)Entry.Details?.DeepClone() ?? [];
            details["count"] = Count;
            return Entry with { Details = details };
        }
    }

    /// <summary>One kind of refusal: how often since it was last written, and when that was.</summary>
    private sealed class Note(AuditEntry entry, DateTimeOffset at, int count = 1)
    {
        private AuditEntry _entry = entry;
        private DateTimeOffset _at = at;

        public int Count { get; private set; } = count;

        /// <summary>A timestamp; null where it never was.</summary>
        public long? WrittenAt { get; private set; }

        public void Add(AuditEntry entry, DateTimeOffset at)
        {
            (_entry, _at) = Count == 0 ? (entry, at) : (_entry, _at);
            Count++;
        }

        public Taken Take(long now)
        {
            var taken = new Taken(_entry, _at, Count);
            (Count, WrittenAt) = (0, now);
            return taken;
        }

        public void PutBack(Taken taken)
        {
            (_entry, _at) = (taken.Entry, taken.At);
            Count += taken.Count;
            WrittenAt = null;
        }
    }
}
