using System.Buffers;
using Microsoft.Extensions.Logging;

namespace Causeway.Streams;

/// <summary>Decides what the source's file is and how far its lines go. One pass at a time; what readers look at changes under the gate.</summary>
internal sealed class FileFollower(
    StreamSource source, Lock gate, Contents contents, LiveRing ring, Action signalChange, StreamsMetrics metrics, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Between a rename and the new file there is no file for a moment; nobody needs to hear of that.</summary>
    private static readonly TimeSpan MomentWithoutFile = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(5);

    private readonly LineScanner _scanner = new(source.Options);
    private readonly ArrayBufferWriter<byte> _events = new();
    private long? _missingSince;
    private bool _isUnreadable;

    /// <summary>Whether there has been no file for longer than a moment. Under the gate.</summary>
    public bool IsMissing => _missingSince is { } since && time.GetElapsedTime(since) >= MomentWithoutFile;

    /// <summary>Looks at the file once: takes its new lines, and goes on to another one where its time has come.</summary>
    /// <exception cref="IOException">The file can't be read any more.</exception>
    public void Pass()
    {
        var content = contents.Current;
        var hasGrown = content is not null && ReadNew(content);
        var key = FileKey.Of(source.Path);
        SetMissing(key is null);
        content = contents.Current;
        if (content is null)
        {
            Begin();
        }
        else if (key is { } other && other != content.Key && HasPassed(content, hasGrown))
        {
            GoOn(content, Ending.Rotated);
        }

        lock (gate)
        {
            contents.ForgetOld();
        }
    }

    public void Dispose() => _scanner.Dispose();

    /// <summary>A writer may still have the old file open: it is left once it has been quiet for a moment, but not kept for ever.</summary>
    private bool HasPassed(Generation content, bool hasGrown)
    {
        content.PassingSince ??= time.GetTimestamp();
        content.QuietSince = hasGrown ? null : content.QuietSince ?? time.GetTimestamp();
        return content.QuietSince is { } quiet && time.GetElapsedTime(quiet) >= Quiet || time.GetElapsedTime(content.PassingSince.Value) >= MostPatience;
    }

    private void SetMissing(bool isMissing)
    {
        lock (gate)
        {
            _missingSince = isMissing ? _missingSince ?? time.GetTimestamp() : null;
        }
    }

    /// <summary>Reads the lines that are new; true where there were any.</summary>
    private bool ReadNew(Generation content)
    {
        var hasGrown = false;
        while (true)
        {
            var length = content.Length;
            if (length < content.Complete || !content.IsIntact(content.Mark))
            {
                GoOn(content, Ending.Truncated);
                return true;
            }

            if (content.EndsAt is not null || length == content.Complete || !content.TryIdentify())
            {
                return hasGrown;
            }

            _events.ResetWrittenCount();
            var scan = _scanner.Read(content, content.Complete, length, _events);
            if (scan.Offset == content.Complete)
            {
                return hasGrown;
            }

            // What was read is good only if the file is the same after the reading.
            var mark = content.MarkAt(scan.Offset);
            if (mark is null || !content.IsIntact(content.Mark) || !content.IsIntact(mark))
            {
                continue;
            }

            hasGrown = true;
            Take(content, scan, mark);
        }
    }

    private void Take(Generation content, Scan scan, Mark mark)
    {
        lock (gate)
        {
            ring.Add(new LiveBatch(content, content.Complete, scan.Offset, scan.Lines, _events.WrittenSpan.ToArray()));
            content.Advance(mark);
            content.EndsAt = scan.IsTerminal ? scan.Offset : null;
        }

        metrics.CountRead(scan.Lines);
        signalChange();
    }

    /// <summary>Leaves a content for what follows it, in one step: a reader never finds the one over and nothing after it while there is a file.</summary>
    private void GoOn(Generation content, Ending ending)
    {
        var unfinished = ending == Ending.Rotated && content.EndsAt is null ? Math.Max(0, content.Length - content.Complete) : 0;
        var next = Open();
        lock (gate)
        {
            contents.Finish(content, ending);
            content.Unfinished = unfinished;
            Add(next);
        }

        logger.FilePassed(source.Name, ending == Ending.Rotated ? "rotated" : "truncated");
        Tell(next);
    }

    private void Begin()
    {
        if (Open() is { } first)
        {
            lock (gate)
            {
                Add(first);
            }

            Tell(first);
        }
    }

    /// <summary>Under the gate.</summary>
    private void Add(Generation? opened)
    {
        if (opened is not null)
        {
            contents.Add(opened);
        }
    }

    private void Tell(Generation? opened)
    {
        if (opened is not null)
        {
            logger.FollowingBegan(source.Name, opened.Complete);
        }

        signalChange();
    }

    /// <summary>Opens the file that is there now; null where there is none, or none that may be read.</summary>
    private Generation? Open()
    {
        try
        {
            if (Generation.Open(source.Path) is not { } opened)
            {
                return null;
            }

            // Whoever waited for this file wants all of it; else what is there already is left to those who ask for it.
            if (!contents.HasLatest
                && opened.TryIdentify()
                && FileBytes.AfterLastLineEnd(opened.File, opened.Length) is > 0 and var complete
                && opened.MarkAt(complete) is { } mark)
            {
                opened.Advance(mark);
                opened.EndsAt = _scanner.IsTerminal(opened, complete) ? complete : null;
            }

            _isUnreadable = false;
            return opened;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isUnreadable)
            {
                _isUnreadable = true;
                logger.FileUnreadable(source.Name, exception);
            }

            return null;
        }
    }
}
