namespace Causeway.Streams;

/// <summary>What a reader finds at its place.</summary>
internal enum Sight
{
    /// <summary>There is no file (any more): wait, but not for ever.</summary>
    NoFile = 1,

    /// <summary>A file is there for a reader that had none.</summary>
    Began,

    /// <summary>Events that others get as well.</summary>
    Live,

    /// <summary>Lines that this reader must read from the file itself.</summary>
    Behind,

    /// <summary>All was read: wait.</summary>
    Quiet,

    /// <summary>This content is over; another follows.</summary>
    Passed,

    /// <summary>The source is complete.</summary>
    Ended,

    /// <summary>The file can't be followed any more.</summary>
    Failed,
}

/// <summary>A reader's place.</summary>
/// <param name="Content">Null while there is no file.</param>
/// <param name="Offset">After the last line that the reader got.</param>
internal readonly record struct Place(Generation? Content, long Offset);

/// <summary>One look at the tail.</summary>
/// <param name="Sight">What there is.</param>
/// <param name="Changed">Completes when it is worth to look again; taken before the look.</param>
/// <param name="Batch">With <see cref="Sight.Live"/>.</param>
/// <param name="Mark">With <see cref="Sight.Behind"/>: how far whole lines go, and what proves it.</param>
/// <param name="Missed">With <see cref="Sight.Passed"/>: bytes of whole lines that were gone before the reader got them.</param>
internal readonly record struct Glance(Sight Sight, Task Changed, LiveBatch? Batch = null, Mark? Mark = null, long Missed = 0);
