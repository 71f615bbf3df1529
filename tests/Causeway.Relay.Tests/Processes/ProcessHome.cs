using System.Diagnostics.Metrics;
using System.Globalization;
using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay.Tests.Processes;

/// <summary>A real backend process of a small Python program, and the house that keeps it.</summary>
internal sealed class ProcessHome : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly IHost _host;
    private readonly HttpClient _client = new() { Timeout = Limits.Test };

    private ProcessHome(TimeProvider time)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Logs);
        builder.Services.AddChildren(_directory.Path);
        _host = builder.Build();
        House = new ProcessHouse(_host.Services.GetRequiredService<ChildProcesses>(), _host.Services.GetRequiredService<IMeterFactory>(), time, Logs.CreateFactory().CreateLogger("test"));
    }

    public LogProbe Logs { get; } = new();

    public int Port { get; } = FreePort.Next();

    public ProcessHouse House { get; }

    public BackendProcess Process { get; private set; } = null!;

    public string this[string file] => _directory[file];

    /// <summary>How often the program was started.</summary>
    public int Starts => File.Exists(_directory["starts"]) ? File.ReadAllLines(_directory["starts"]).Length : 0;

    /// <summary>A home whose backend is not started yet.</summary>
    /// <param name="switches">What the program does, as in <c>exit=3</c>.</param>
    /// <param name="configure">Changes its options.</param>
    /// <param name="time">The clock of its waits.</param>
    public static ProcessHome Create(string switches = "", Action<BackendOptions, ProcessHome>? configure = null, TimeProvider? time = null)
    {
        var python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists);
        if (python is null)
        {
            Assert.Skip("Python 3 is not installed.");
        }

        var home = new ProcessHome(time ?? TimeProvider.System);
        var options = new BackendOptions { Process = new ProcessOptions { StopSeconds = 5 } };
        options.Urls.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{home.Port}"));
        string[] command =
        [
            python!, Path.Combine(AppContext.BaseDirectory, "Processes", "backend.py"), home.Port.ToString(CultureInfo.InvariantCulture), $"starts={home["starts"]}",
            .. switches.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        foreach (var part in command)
        {
            options.Process.Command.Add(part);
        }

        options.Process.Restart.MinSeconds = 0.05;
        configure?.Invoke(options, home);
        home.Process = home.House.Create("test", options)!;
        return home;
    }

    /// <summary>Asks the backend itself.</summary>
    public Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}{path}")));

    /// <summary>Makes the backend do what ends it.</summary>
    public async Task EndAsync(string path) => await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(path));

    public Task<BackendFailure?> ReadyAsync() => Process.EnsureReadyAsync(CancellationToken.None).Within();

    public Task BecomesAsync(ProcessState state) => Eventually.Equal(state, () => Process.Info.State);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Process.DisposeAsync();
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }

        _directory.Dispose();
    }
}
