namespace Causeway.Realtime.Tests;

/// <summary>
/// The database that the nodes share, in memory: each transaction happens whole at one moment between its question and its answer, or not at all. It can be slow, refuse, lose the answer, stand
/// still and crash. It keeps all that there ever was, to compare with.
/// </summary>
internal sealed class SimulatedDatabase(Simulator simulator)
{
    private int _crashes;
    private int _lastEpoch;

    public Simulator Simulator => simulator;

    /// <summary>Every log that there ever was.</summary>
    public List<SimulatedLog> Logs { get; } = [];

    /// <summary>The nodes that are entered, with the end of their lease.</summary>
    public Dictionary<string, TimeSpan> Nodes { get; } = [];

    public Dictionary<(string Node, string Room, string? User), NodePresence> Presence { get; } = [];

    /// <summary>Whether it refuses everybody.</summary>
    public bool IsDown { get; set; }

    /// <summary>How often, of 1, a transaction is refused, and how often its answer is lost.</summary>
    public double Refusals { get; set; }

    public double LostAnswers { get; set; }

    /// <summary>How long a way takes, at most.</summary>
    public TimeSpan Slowness { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How often, of 1, a way takes very long.</summary>
    public double Hangs { get; set; }

    /// <summary>Nodes that can't reach it.</summary>
    public HashSet<SimulatedProcess> CutOff { get; } = [];

    /// <summary>Of what need not outlive a crash.</summary>
    public int Life => _crashes;

    public string NewEpoch() => $"e{++_lastEpoch}";

    /// <summary>The log of a room as it is now; null where there is none.</summary>
    public SimulatedLog? Find(string room) => Logs.Find(log => log.Room == room && !log.IsDeleted);

    public void Note([System.Runtime.CompilerServices.InterpolatedStringHandlerArgument("")] ref Simulator.NoteHandler note) => simulator.Note(ref note);

    /// <summary>Whatever is under way fails, committed or not; and who is there is forgotten: that is in unlogged tables.</summary>
    public void Crash()
    {
        _crashes++;
        IsDown = true;
        Nodes.Clear();
        Presence.Clear();
    }

    /// <summary>Asks something in one transaction.</summary>
    /// <param name="asker">The process that asks, and gets the answer.</param>
    /// <param name="transaction">What happens.</param>
    /// <param name="doubtful">What is in doubt when the answer is lost.</param>
    /// <param name="cancellationToken">Gives up what has not happened yet.</param>
    public Task<T> AskAsync<T>(SimulatedProcess asker, Func<T> transaction, CancellationToken cancellationToken, Func<T, IReadOnlyList<RoomLogAppended>>? doubtful = null)
    {
        var answer = new TaskCompletionSource<T>();
        var begun = _crashes;
        if (IsDown || CutOff.Contains(asker) || simulator.Chance.Of(Refusals))
        {
            asker.After(WayTime(), () => answer.TrySetException(new RoomLogUnavailableException("It can't be reached.")));
            return answer.Task;
        }

        var way = simulator.After(WayTime(), Commit);
        var isCommitted = false;

        // Whoever gives up before the commit has not asked; a commit can't be given up.
        cancellationToken.Register(() =>
        {
            if (!isCommitted || doubtful is null)
            {
                way.Cancel();
                asker.After(TimeSpan.Zero, () => answer.TrySetCanceled(cancellationToken));
            }
        });
        return answer.Task;

        void Commit()
        {
            if (IsDown || begun != _crashes || !asker.IsAlive && simulator.Chance.Of(0.5))
            {
                asker.After(WayTime(), () => answer.TrySetException(new RoomLogUnavailableException("It went down.")));
                return;
            }

            isCommitted = true;
            if (simulator.Chance.Of(LostAnswers))
            {
                // Nobody knows whether that was before the commit or after it.
                var result = simulator.Chance.Of(0.5) ? transaction() : Undone(transaction);
                asker.After(WayTime(), () => answer.TrySetException(new RoomLogUnavailableException("The answer was lost.") { Doubtful = doubtful?.Invoke(result) }));
                return;
            }

            var done = transaction();
            asker.After(WayTime(), () =>
            {
                if (begun == _crashes && !CutOff.Contains(asker))
                {
                    answer.TrySetResult(done);
                }
                else
                {
                    answer.TrySetException(new RoomLogUnavailableException("The connection broke.") { Doubtful = doubtful?.Invoke(done) });
                }
            });
        }
    }

    /// <summary>What a transaction would have returned that was rolled back.</summary>
    private T Undone<T>(Func<T> transaction)
    {
        var logs = Logs.ConvertAll(static log => (Log: log, State: log.Save()));
        var (nodes, presence) = (Nodes.ToList(), Presence.ToList());
        var (crashes, epoch) = (_crashes, _lastEpoch);
        var result = transaction();
        Logs.RemoveRange(logs.Count, Logs.Count - logs.Count);
        logs.ForEach(static saved => saved.Log.Restore(saved.State));
        (_crashes, _lastEpoch) = (crashes, epoch);
        Nodes.Clear();
        Presence.Clear();
        nodes.ForEach(node => Nodes.Add(node.Key, node.Value));
        presence.ForEach(entry => Presence.Add(entry.Key, entry.Value));
        return result;
    }

    private TimeSpan WayTime() => simulator.Chance.Of(Hangs) ? simulator.Chance.Milliseconds(1_000, 15_000) : simulator.Chance.Milliseconds(0.1, Slowness.TotalMilliseconds);
}

/// <summary>A log with everything that was ever in it.</summary>
internal sealed class SimulatedLog(string room, string epoch)
{
    public string Room => room;

    public string Epoch => epoch;

    /// <summary>In order: the first has position 1.</summary>
    public List<RoomLogMessage> Messages { get; } = [];

    public Dictionary<string, (byte[] Fingerprint, RoomLogMessage Message)> Keys { get; } = [];

    public long Newest => Messages.Count;

    public int Kept { get; set; }

    /// <summary>Retention has taken everything up to here.</summary>
    public long Pruned { get; set; }

    /// <summary>The life it belongs to; null for one that outlives a crash.</summary>
    public int? Life { get; set; }

    public bool IsDeleted { get; set; }

    public void Prune() => Pruned = Math.Max(Pruned, Newest - Kept);

    public IEnumerable<RoomLogMessage> After(long position) => Messages.Skip((int)Math.Max(position, Pruned));

    public (int Count, List<string> Keys, int Kept, long Pruned, int? Life, bool IsDeleted) Save() => (Messages.Count, [.. Keys.Keys], Kept, Pruned, Life, IsDeleted);

    public void Restore((int Count, List<string> Keys, int Kept, long Pruned, int? Life, bool IsDeleted) state)
    {
        Messages.RemoveRange(state.Count, Messages.Count - state.Count);
        foreach (var key in Keys.Keys.Except(state.Keys).ToList())
        {
            Keys.Remove(key);
        }

        (Kept, Pruned, Life, IsDeleted) = (state.Kept, state.Pruned, state.Life, state.IsDeleted);
    }
}
