using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>
/// What a room has of which something is read before anybody is let in: whether that was done, what other nodes say of its log meanwhile and after, and what is still on its way there. The room's gate guards it.
/// </summary>
internal sealed class RoomOpening(Room room, Lock gate, RoomLog? log, LiveCore core)
{
    private bool _isOpen;
    private bool _isFollowing;
    private bool _isCatchingUp;
    private Task<ApiError?>? _reading;

    // How far the log goes, and which one, as others said.
    private string? _heardEpoch;
    private long _heard;

    // Publishes whose end is not known yet.
    private int _unsettled;
    private long _usedAt;

    /// <summary>Whether it has been read.</summary>
    public bool IsOpen
    {
        get
        {
            lock (gate)
            {
                return _isOpen;
            }
        }
    }

    /// <summary>Whether the room is to stay though nobody is in it. What a log in a store holds is no reason to: it can be read again.</summary>
    public bool IsNeeded
    {
        get
        {
            lock (gate)
            {
                return _reading is not null || _unsettled > 0 || core.Time.GetElapsedTime(_usedAt) < DurableLogs.IdleTime;
            }
        }
    }

    /// <inheritdoc cref="Room.OpenAsync"/>
    public ValueTask<ApiError?> OpenAsync()
    {
        lock (gate)
        {
            _usedAt = core.Time.GetTimestamp();
            return _isOpen || room.IsClosed ? default : new(core.Pool.Share(_reading ??= core.Logs!.StartLoading(room)));
        }
    }

    /// <summary>All has been read.</summary>
    /// <param name="head">Where the log stood when it was read; null for a room whose log is not stored.</param>
    /// <returns>What was heard of this log meanwhile, and was not read; null for nothing.</returns>
    public long? Opened(RoomLogHead? head)
    {
        lock (gate)
        {
            (_isOpen, _reading) = (true, null);
            return head is not null && _heardEpoch == head.Epoch && _heard > head.Newest ? _heard : null;
        }
    }

    /// <summary>It could not be read.</summary>
    public void NotOpened()
    {
        lock (gate)
        {
            _reading = null;
        }
    }

    /// <summary>It is going to be heard what other nodes say of this room.</summary>
    /// <returns>False when it is already, or the room has ended.</returns>
    public bool TryFollow()
    {
        lock (gate)
        {
            return !room.IsClosed && !_isFollowing && (_isFollowing = true);
        }
    }

    /// <summary>The room has ended, and nobody need hear of it.</summary>
    /// <returns>Whether anybody did.</returns>
    public bool EndFollowing()
    {
        lock (gate)
        {
            var wasFollowing = _isFollowing;
            _isFollowing = false;
            return wasFollowing;
        }
    }

    /// <summary>Another node says how far the log goes.</summary>
    public HeardResult NoteHeard(string epoch, long newest)
    {
        lock (gate)
        {
            if (room.IsClosed || !room.IsStored)
            {
                return HeardResult.Nothing;
            }

            if (!_isOpen)
            {
                (_heardEpoch, _heard) = (epoch, _heardEpoch == epoch ? Math.Max(_heard, newest) : newest);
                return HeardResult.Nothing;
            }

            if (epoch != room.Epoch)
            {
                return HeardResult.OtherLog;
            }

            (_heardEpoch, _heard) = (epoch, Math.Max(_heardEpoch == epoch ? _heard : 0, newest));
            if (newest <= log!.NewestOffset || _isCatchingUp)
            {
                return HeardResult.Nothing;
            }

            _isCatchingUp = true;
            return HeardResult.Behind;
        }
    }

    /// <summary>What is to be read of the log: after the first position, up to the second. Null when that is nothing: then whoever reads ends.</summary>
    public (long After, long UpTo)? TakeMissing()
    {
        lock (gate)
        {
            _isCatchingUp = !room.IsClosed && _heard > log!.NewestOffset;
            return _isCatchingUp ? (log!.NewestOffset, _heard) : null;
        }
    }

    /// <summary>A publish is on its way to the log; <see cref="EndPublish"/> must follow.</summary>
    /// <returns>False when the room is gone, or not open: look it up again.</returns>
    public bool TryBeginPublish()
    {
        lock (gate)
        {
            if (room.IsClosed || !_isOpen)
            {
                return false;
            }

            _unsettled++;
            return true;
        }
    }

    /// <summary>What became of a publish is known.</summary>
    public void EndPublish()
    {
        lock (gate)
        {
            _unsettled--;
            Use();
        }
    }

    /// <summary>Somebody has needed it just now.</summary>
    public void Use() => _usedAt = core.Time.GetTimestamp();
}
