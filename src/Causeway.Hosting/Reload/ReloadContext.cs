namespace Causeway.Hosting;

/// <summary>What a reload hook is told, and where it says what it did.</summary>
public sealed class ReloadContext
{
    private readonly List<string> _done = [];

    internal ReloadContext(IServiceProvider services, IReadOnlyList<string> changedKeys)
    {
        Services = services;
        ChangedKeys = changedKeys;
    }

    /// <summary>The application's services. The freshly read configuration is where the application's <c>AddReloadSource</c> put it.</summary>
    public IServiceProvider Services { get; }

    /// <summary>Those of the hook's keys whose value is another one now. What the keys stand for, such as a certificate file, may have changed nevertheless.</summary>
    public IReadOnlyList<string> ChangedKeys { get; }

    internal string Done => string.Join("; ", _done);

    /// <summary>Says what was changed, for the log: <c>2 routes added</c>. A hook that says nothing changed nothing.</summary>
    /// <param name="what">A few words. No secrets.</param>
    public void Report(string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(what);
        _done.Add(what);
    }
}

/// <summary>One thing that can change while the service runs.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Order">Lower runs first; equal ones in the order they were added.</param>
/// <param name="Keys">The configuration it puts into force: whole sections or single keys.</param>
/// <param name="RunAsync">Puts it into force, or throws and leaves everything as it was.</param>
internal sealed record ReloadHook(string Name, int Order, IReadOnlyList<string> Keys, Func<ReloadContext, CancellationToken, Task> RunAsync)
{
    public bool Owns(string key) => Keys.Any(own =>
        key.Equals(own, StringComparison.OrdinalIgnoreCase) || key.StartsWith(own + ":", StringComparison.OrdinalIgnoreCase));
}

/// <summary>Hears of every reload, after it.</summary>
internal sealed record ReloadObserver(Func<IServiceProvider, ReloadReport, CancellationToken, Task> TellAsync);

/// <summary>Reads and checks the configuration anew.</summary>
/// <param name="Read">Throws a <see cref="ConfigurationException"/> with everything that is wrong.</param>
internal sealed record ReloadSource(Func<IServiceProvider, CausewayConfiguration> Read);
