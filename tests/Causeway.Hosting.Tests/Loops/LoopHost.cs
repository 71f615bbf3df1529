using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Loops;

/// <summary>A host with loops of the test's own and a clock that moves when the test says so.</summary>
internal sealed class LoopHost : IAsyncDisposable
{
    private LoopHost(IHost host, LogProbe logs, ManualTime time) => (Host, Logs, Time) = (host, logs, time);

    public IHost Host { get; }

    public LogProbe Logs { get; }

    public ManualTime Time { get; }

    public Hosting.Loops Loops => Host.Services.GetRequiredService<Hosting.Loops>();

    public static async Task<LoopHost> StartAsync(Action<IServiceCollection> add)
    {
        var (logs, time) = (new LogProbe(), new ManualTime());
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(logs);
        builder.Services.AddSingleton<TimeProvider>(time);
        add(builder.Services);
        var host = builder.Build();
        await host.StartAsync().Within();
        return new LoopHost(host, logs, time);
    }

    public LoopStatus Status(string name) => Loops.Find(name)!;

    /// <summary>Moves the clock second by second until something is so.</summary>
    public Task PassTimeUntil(Func<bool> condition) => Eventually.True(() =>
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        return condition();
    });

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Test);
        await Host.StopAsync(limit.Token);
        await ((IAsyncDisposable)Host).DisposeAsync();
    }
}
