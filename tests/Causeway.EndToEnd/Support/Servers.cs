namespace Causeway.EndToEnd;

/// <summary>A server as a new user has it, nothing configured but its port, for all tests of a class.</summary>
public sealed class LocalServer : IAsyncLifetime
{
    private CausewayProcess? _causeway;

    internal CausewayProcess Causeway => _causeway ?? throw new InvalidOperationException("Not started.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _causeway = await CausewayProcess.StartAsync("""
        { "Realtime": { "MessagesPerSecond": 10000, "Namespaces": {
            "default": { "History": 1000 },
            "plain": { "History": 0 },
            "quiet": { "Presence": false },
            "named": { "AutoCreate": false },
            "small": { "MaxMembers": 2 } } } }
        """);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_causeway is not null)
        {
            await _causeway.DisposeAsync();
        }
    }
}

/// <summary>A server that asks everybody for a credential, for all tests of a class.</summary>
public sealed class GuardedServer : IAsyncLifetime
{
    private CausewayProcess? _causeway;

    internal CausewayProcess Causeway => _causeway ?? throw new InvalidOperationException("Not started.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _causeway = await CausewayProcess.StartAsync(Tokens.Configuration("""
        { "MaxConnectionsPerUser": 3, "Namespaces": {
            "default": { "Join": "authenticated" },
            "gated": { "Join": "permission" },
            "server": { "Publish": "server" },
            "team": { "Join": "members" } } }
        """));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_causeway is not null)
        {
            await _causeway.DisposeAsync();
        }
    }
}
