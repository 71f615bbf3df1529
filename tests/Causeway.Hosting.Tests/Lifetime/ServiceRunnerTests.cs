using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Lifetime;

public sealed class ServiceRunnerTests : IDisposable
{
    private readonly StringWriter _error = new();
    private readonly LogProbe _logs = new();

    public void Dispose()
    {
        _error.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task Run_AskedToStop_IsStopped()
    {
        var app = Build("http://127.0.0.1:0");
        var started = 0;

        var code = await ServiceRunner.RunAsync(app, _error, () =>
        {
            started++;
            app.Lifetime.StopApplication();
        }).Within();

        Assert.Equal((ExitCode.Stopped, 1), (code, started));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Run_AskedToStopWhileItStarts_IsStoppedAndNoFailure()
    {
        var app = Build("http://127.0.0.1:0", static services => services.AddHostedService<StoppedInItsStart>());
        var started = 0;

        Assert.Equal(ExitCode.Stopped, await ServiceRunner.RunAsync(app, _error, () => started++).Within());

        Assert.Equal(0, started);
        Assert.Empty(_error.ToString());
        Assert.Empty(_logs.Named("ServiceFailed"));
    }

    [Fact]
    public async Task Run_HangUpWhileAServiceThatReloadsStarts_StartsAllTheSame()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no SIGHUP.");
        }

        var app = Build("http://127.0.0.1:0", static services => services
            .AddHostedService<HangUpInItsStart>()
            .AddReload("nothing", 0, [], static (_, _) => Task.CompletedTask));

        Assert.Equal(ExitCode.Stopped, await ServiceRunner.RunAsync(app, _error, app.Lifetime.StopApplication).Within());
    }

    [Fact]
    public async Task Run_AddressHeld_SaysWhichAndWhatToDo()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)holder.LocalEndpoint).Port}";

        var code = await ServiceRunner.RunAsync(Build(address), _error).Within();

        Assert.Equal(ExitCode.PortHeld, code);
        Assert.StartsWith($"{address} is held by ", _error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"or listen elsewhere with --Server:Urls=http://127.0.0.1:PORT.{Environment.NewLine}", _error.ToString(), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains($"process {Environment.ProcessId} (", _error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Run_ForeignAddress_IsAConfigurationProblem()
    {
        var code = await ServiceRunner.RunAsync(Build("http://192.0.2.1:8080"), _error).Within();

        Assert.Equal(ExitCode.Configuration, code);
        Assert.StartsWith("http://192.0.2.1:8080 is no address of this machine.", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_BackgroundServiceDies_Fails()
    {
        var app = Build("http://127.0.0.1:0", static services => services.AddHostedService<Dying>());

        Assert.Equal(ExitCode.Failed, await ServiceRunner.RunAsync(app, _error).Within());
    }

    [Fact]
    public async Task Run_StartThrows_FailsAndLogsWhy()
    {
        var app = Build("http://127.0.0.1:0", static services => services.AddHostedService<NotStarting>());

        Assert.Equal(ExitCode.Failed, await ServiceRunner.RunAsync(app, _error).Within());
        Assert.Equal("no", _logs.Named("ServiceFailed").Single().Exception!.Message);
    }

    [Fact]
    public void From_ConfigurationException_IsTheWholeList()
    {
        var failure = StartFailure.From(new ConfigurationException([new("A", "is bad"), new("B", "is worse")]));

        Assert.Equal(ExitCode.Configuration, failure!.ExitCode);
        Assert.Equal(["The configuration has 2 problems:", "  A is bad", "  B is worse"], failure.Message.Split(Environment.NewLine));
    }

    [Fact]
    public void From_UnknownException_IsNull() => Assert.Null(StartFailure.From(new InvalidOperationException("x")));

    [Fact]
    public void Count_SecondSignal_EndsOnce()
    {
        int stopped = 0, ended = 0;
        using var signals = StopSignals.Watch(() => stopped++, () => ended++, register: false);

        signals.Count();
        Assert.Equal((1, 0), (stopped, ended));
        signals.Count();
        signals.Count();

        Assert.Equal((1, 1), (stopped, ended));
    }

    private WebApplication Build(string url, Action<IServiceCollection>? add = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_logs);
        add?.Invoke(builder.Services);
        var app = builder.Build();
        app.Urls.Add(url);
        return app;
    }

    private sealed class Dying : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("dead");
        }
    }

    private sealed class StoppedInItsStart(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class HangUpInItsStart : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var came = new TaskCompletionSource();
            using var watch = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => came.TrySetResult());
            using var self = Pidfd.Open(Environment.ProcessId);
            Assert.True(self!.Send(1));
            await came.Task.Within();
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class NotStarting : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("no");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
