namespace Causeway.Server.Tests;

/// <summary>A server with nothing configured but some namespaces, for all tests of a class.</summary>
public sealed class LocalServer : IAsyncLifetime
{
    private RunningServer? _server;

    internal RunningServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync("""
        { "Realtime": { "MaxMessageBytes": 2048, "Namespaces": {
            "plain": { "History": 0 },
            "named": { "AutoCreate": false } } } }
        """);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
