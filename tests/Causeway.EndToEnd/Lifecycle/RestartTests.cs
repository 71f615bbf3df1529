using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A1: a hundred crashes, a hundred starts.</summary>
public sealed class RestartTests
{
    private const int Times = 100;
    private const int Connections = 3;

    [Fact]
    public async Task Kill_AHundredTimesWithConnectionsOpen_EveryStartSucceeds()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();
        for (var round = 0; round < Times; round++)
        {
            var sockets = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawWebSocket.ConnectAsync(causeway.WebSocket)));
            try
            {
                // Not awaited: the next one is started while the kernel still clears up after this one.
                await using var killed = causeway.Process;
                killed.Process.Send(Signal.Kill);
                await causeway.StartAgainAsync();
            }
            finally
            {
                Array.ForEach(sockets, static socket => socket.Dispose());
            }
        }
    }
}
