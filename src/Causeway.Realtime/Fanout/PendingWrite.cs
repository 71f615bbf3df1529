using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>The one write of a connection that its line did not take at once. Its end comes back to the loop as work.</summary>
internal sealed class PendingWrite(Connection connection, Outlet outlet, FanoutLoop loop)
{
    /// <summary>True from the start of a write until the loop was told of its end.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Bytes of the write under way.</summary>
    public int Bytes { get; private set; }

    /// <summary>Writes what the line did not take at once; it must stay as it is until it is written.</summary>
    public void Start(ReadOnlyMemory<byte> bytes)
    {
        IsUnderWay = true;
        Bytes = bytes.Length;
        var write = outlet.WriteAsync(bytes);
        if (write.IsCompletedSuccessfully)
        {
            write.GetAwaiter().GetResult();
            End();
        }
        else
        {
            _ = AwaitAsync(write);
        }
    }

    public void End()
    {
        IsUnderWay = false;
        Bytes = 0;
    }

    // Its end is work for the loop, success or not, so nothing is left unobserved.
    private async Task AwaitAsync(ValueTask write)
    {
        Exception? failure = null;
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        loop.Post(new LoopWork(LoopWorkKind.Written, connection, failure));
    }
}
