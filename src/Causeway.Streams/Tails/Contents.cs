namespace Causeway.Streams;

/// <summary>What the source's file holds now and held lately. Guarded by the tail's gate.</summary>
internal sealed class Contents(TimeProvider time, TimeSpan memory)
{
    private const int MaxKept = 8;

    private readonly List<Generation> _known = [];

    /// <summary>The content that is followed; null where there is no file.</summary>
    public Generation? Current => _known is [.., { Ending: null } newest] ? newest : null;

    /// <summary>Whether any content is known, be it over.</summary>
    public bool HasLatest => _known.Count > 0;

    public void Add(Generation content)
    {
        if (_known is [.., var before])
        {
            before.Next = content;
        }

        _known.Add(content);
    }

    public void Finish(Generation content, Ending ending)
    {
        content.Ending = ending;
        content.IsLost = ending == Ending.Truncated;
        content.EndedAt = time.GetTimestamp();
    }

    /// <summary>Forgets what was passed long ago; the newest stays, so that its readers find what follows it.</summary>
    public void ForgetOld()
    {
        while (_known.Count > 1 && _known[0].Ending is not null && (_known.Count > MaxKept || time.GetElapsedTime(_known[0].EndedAt) > memory))
        {
            Forget(_known[0]);
            _known.RemoveAt(0);
        }
    }

    public static void Leave(Generation? content)
    {
        if (content is not null && --content.Uses == 0 && content.IsForgotten)
        {
            content.Dispose();
        }
    }

    public void Clear()
    {
        _known.ForEach(Forget);
        _known.Clear();
    }

    /// <summary>The content that an id stands in; else why there is none.</summary>
    public Generation? Find(EventId id, LiveRing ring, out string? refusal)
    {
        refusal = "other_file";
        for (var i = _known.Count - 1; i >= 0; i--)
        {
            if (_known[i] is var content && content.Identity == id.Identity)
            {
                refusal = Check(content, id, ring);
                if (refusal is null)
                {
                    return content;
                }
            }
        }

        return null;
    }

    private static string? Check(Generation content, EventId id, LiveRing ring)
    {
        if (id.Offset > content.Complete)
        {
            return "beyond_end";
        }

        if (content.IsLost)
        {
            // The bytes are gone, but whoever had them all, or needs only what is still at hand, has missed nothing.
            return id.Offset == content.Complete && EventId.CheckOfLast(content.Mark.Last) == id.Check || ring.Find(content, id.Offset) is not null ? null : "truncated";
        }

        return EventId.CheckAt(content, id.Offset) == id.Check ? null : "changed";
    }

    private static void Forget(Generation content)
    {
        content.IsForgotten = true;
        if (content.Uses == 0)
        {
            content.Dispose();
        }
    }
}
