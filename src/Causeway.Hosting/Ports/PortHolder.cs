namespace Causeway.Hosting;

/// <summary>Who a holder of a port is to this service.</summary>
public enum HolderKind
{
    /// <summary>An earlier instance of this service, proven.</summary>
    ThisService = 1,

    /// <summary>Another Causeway instance of the same user, with a data directory of its own, proven.</summary>
    OtherInstance,

    /// <summary>Some other program.</summary>
    Stranger,

    /// <summary>Nobody that can be seen: another user's process, another container's, or none any more.</summary>
    Unknown,
}

/// <summary>One socket that has a port as its own end.</summary>
/// <param name="State">As other tools call it: <c>LISTEN</c>, <c>ESTABLISHED</c>, …</param>
/// <param name="Local">Its own end.</param>
/// <param name="Remote">The far end; null while it listens.</param>
/// <param name="Inode">Its name in the kernel; 0 where no process has it any more.</param>
public sealed record PortSocket(string State, string Local, string? Remote, ulong Inode);

/// <summary>A process that holds a port, or what is known of one that can't be seen. Of a socket that was inherited each process that has it is a holder.</summary>
public sealed record PortHolder
{
    /// <summary>Who it is to this service.</summary>
    public required HolderKind Kind { get; init; }

    /// <summary>Its process id; null for <see cref="HolderKind.Unknown"/>.</summary>
    public int? Pid { get; init; }

    /// <summary>Its command line, shortened and with credentials masked.</summary>
    public string? Command { get; init; }

    /// <summary>The file it runs, where it may be read.</summary>
    public string? Executable { get; init; }

    /// <summary>The user id of its socket.</summary>
    public required uint UserId { get; init; }

    /// <summary>That user's name, where it has one on this machine.</summary>
    public string? UserName { get; init; }

    /// <summary>When the process was started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Its sockets on the port.</summary>
    public required IReadOnlyList<PortSocket> Sockets { get; init; }

    /// <summary>How it was told who it is, or why it could not be.</summary>
    public required string Evidence { get; init; }

    /// <summary>The data directory, where it is an instance.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Whether it accepts connections there; a client's own end does not.</summary>
    public bool IsListening => Sockets.Any(static socket => socket.Remote is null);

    /// <summary>Who holds it, as the rest of "is held by".</summary>
    public override string ToString()
    {
        var user = UserName is null ? $"uid {UserId}" : $"user {UserName}, uid {UserId}";
        var who = Pid is { } pid ? $"process {pid} ({Command}; {user})" : $"an unknown holder ({user})";
        var client = Sockets.FirstOrDefault(static socket => socket.Remote is not null);
        return IsListening || client is null ? who : $"{who} with a connection of its own to {client.Remote} ({client.State}), which happens to use this port";
    }
}
