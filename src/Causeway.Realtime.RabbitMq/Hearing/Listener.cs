using System.Buffers.Binary;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.RabbitMq;

/// <summary>
/// Takes what comes out of this node's queue, and sees by each sender's numbers whether something is missing. Only a queue that was too long loses anything, and then its oldest messages, of whichever rooms and senders:
/// so a gap anywhere means that everything is read again. One thread at a time.
/// </summary>
internal sealed class Listener(IBackplaneReceiver receiver, ulong self, TimeProvider time, ILogger logger)
{
    /// <summary>A sender that is silent for longer is no more; each sends something every ten seconds.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(2);

    private readonly Dictionary<ulong, Sender> _senders = [];
    private readonly Lock _gate = new();
    private readonly ShardSet _unbound = new();
    private long _heardAt = time.GetTimestamp();
    private long _sweptAt = time.GetTimestamp();
    private ulong _probe;
    private bool _unreadable;
    private bool _hasUnbound;

    /// <summary>How long nothing has come, not even a probe.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>From here on something has to come.</summary>
    public void Begin() => Volatile.Write(ref _heardAt, time.GetTimestamp());

    /// <summary>Shards are not heard any more, and where their senders are is not known when they are heard again.</summary>
    public void Forget(List<int> shards)
    {
        lock (_gate)
        {
            shards.ForEach(_unbound.Add);
            Volatile.Write(ref _hasUnbound, true);
        }
    }

    public void Take(ReadOnlySpan<byte> frame)
    {
        Volatile.Write(ref _heardAt, time.GetTimestamp());
        if (!FrameHeader.TryRead(frame, out var header))
        {
            Unreadable();
            return;
        }

        if (header.Node == self)
        {
            // Of one's own only the probe is of interest: it waits in the same queue as everything else.
            if (header.Kind == FrameKind.Probe && header.Number - _probe > 1)
            {
                Missed();
            }

            _probe = header.Kind == FrameKind.Probe ? header.Number : _probe;
            return;
        }

        if (Know(header) is { } sender)
        {
            Check(sender, header.Shard, header.Number, isBeat: false);
            Read(sender, header.Kind, frame[FrameHeader.Bytes..]);
        }
    }

    /// <returns>Null when the frame is an old session's that was under way for longer than the new one's first.</returns>
    private Sender? Know(in FrameHeader header)
    {
        if (Volatile.Read(ref _hasUnbound))
        {
            ForgetUnbound();
        }

        if (!_senders.TryGetValue(header.Node, out var sender) || sender.Session < header.Session)
        {
            Sweep();
            _senders[header.Node] = sender = new Sender(header.Session);
        }

        sender.HeardAt = time.GetTimestamp();
        return sender.Session == header.Session ? sender : null;
    }

    private void Check(Sender sender, int shard, ulong number, bool isBeat)
    {
        // A shard that is heard from now on begins where it is.
        var known = sender.Numbers[shard];
        sender.Numbers[shard] = number;
        if (known > 0 && number != (isBeat ? known : known + 1))
        {
            Missed();
        }
    }

    private void Read(Sender sender, FrameKind kind, ReadOnlySpan<byte> contents)
    {
        switch (kind)
        {
            case FrameKind.Items:
                while (contents.Length >= sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(contents) is >= 0 and var length && length <= contents.Length - sizeof(int))
                {
                    receiver.Receive(contents.Slice(sizeof(int), length));
                    contents = contents[(sizeof(int) + length)..];
                }

                break;
            case FrameKind.Beat:
                for (; contents.Length >= Beat.EntryBytes; contents = contents[Beat.EntryBytes..])
                {
                    var (shard, number) = Beat.Read(contents);
                    if (shard < Shards.Count && sender.Numbers[shard] > 0)
                    {
                        Check(sender, shard, number, isBeat: true);
                    }
                }

                break;
            case FrameKind.Lost when contents.Length >= ShardSet.Bytes:
                var lost = ShardSet.Read(contents);
                receiver.Missed(lost.Contains(Shards.All) ? static _ => true : room => lost.Contains(Shards.Of(room)));
                break;
        }
    }

    private void ForgetUnbound()
    {
        lock (_gate)
        {
            foreach (var sender in _senders.Values)
            {
                for (var shard = 0; shard < Shards.Count; shard++)
                {
                    sender.Numbers[shard] = _unbound.Contains(shard) ? 0 : sender.Numbers[shard];
                }
            }

            _unbound.Clear();
            _hasUnbound = false;
        }
    }

    private void Sweep()
    {
        if (time.GetElapsedTime(_sweptAt) > Forgotten)
        {
            _sweptAt = time.GetTimestamp();
            foreach (var (node, _) in _senders.Where(pair => time.GetElapsedTime(pair.Value.HeardAt) > Forgotten).ToList())
            {
                _senders.Remove(node);
            }
        }
    }

    private void Missed()
    {
        logger.FramesMissed();
        receiver.Missed(static _ => true);
    }

    private void Unreadable()
    {
        if (!_unreadable)
        {
            _unreadable = true;
            logger.FrameUnreadable();
        }
    }

    private sealed class Sender(uint session)
    {
        public uint Session { get; } = session;

        /// <summary>Of each shard the last that was heard; 0 for none.</summary>
        public ulong[] Numbers { get; } = new ulong[Shards.Count + 1];

        public long HeardAt { get; set; }
    }
}
