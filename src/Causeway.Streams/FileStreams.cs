using System.Collections.Frozen;
using Microsoft.Extensions.Logging;

namespace Causeway.Streams;

/// <summary>The configured streams: what they are now.</summary>
public sealed class FileStreams : IAsyncDisposable
{
    private readonly FrozenDictionary<string, FileStreamEntry> _entries;

    private readonly int _maxReaders;
    private int _places;

    internal FileStreams(StreamsOptions options, StreamsMetrics metrics, TimeProvider time, ILogger logger)
    {
        _maxReaders = options.MaxReaders;
        _entries = options.Sources.ToFrozenDictionary(
            static pair => pair.Key,
            pair =>
            {
                var source = new StreamSource(pair.Key, Path.GetFullPath(pair.Value.Path!), pair.Value);
                return new FileStreamEntry(source, new Tail(source, metrics, time, logger));
            },
            StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>All streams, in the order of their names.</summary>
    /// <remarks>Looks at each file.</remarks>
    public IReadOnlyList<StreamInfo> List() =>
        [.. _entries.Values.OrderBy(static entry => entry.Source.Name, StringComparer.Ordinal).Select(static entry => entry.Describe())];

    /// <summary>One stream; null where there is none of this name.</summary>
    public StreamInfo? Find(string name) => Entry(name)?.Describe();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var entry in _entries.Values)
        {
            await entry.Tail.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes a place for one more reader, to be given back by <see cref="LeavePlace"/>; false where there is none left.</summary>
    internal bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _places) <= _maxReaders)
        {
            return true;
        }

        LeavePlace();
        return false;
    }

    internal void LeavePlace() => Interlocked.Decrement(ref _places);

    internal FileStreamEntry? Entry(string name) => _entries.GetValueOrDefault(name);
}

/// <summary>A source and its tail.</summary>
internal sealed record FileStreamEntry(StreamSource Source, Tail Tail)
{
    public StreamInfo Describe()
    {
        var readers = Tail.Readers;
        Generation? content = null;
        try
        {
            content = Generation.Open(Source.Path);
            if (content is not null)
            {
                var isEnded = Source.Options.EndWhen is not null && LastLineEnds(content);
                return new StreamInfo(
                    Source.Name, isEnded ? StreamState.Ended : StreamState.Following, content.Length, readers,
                    new DateTimeOffset(File.GetLastWriteTimeUtc(content.File), TimeSpan.Zero));
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // As good as missing; whoever reads the stream finds the reason in the log.
        }
        finally
        {
            content?.Dispose();
        }

        return new StreamInfo(Source.Name, readers > 0 ? StreamState.Waiting : StreamState.Missing, 0, readers, null);
    }

    private bool LastLineEnds(Generation content)
    {
        using var scanner = new LineScanner(Source.Options);
        return scanner.IsTerminal(content, FileBytes.AfterLastLineEnd(content.File, content.Length));
    }
}
