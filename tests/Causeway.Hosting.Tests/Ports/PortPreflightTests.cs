using System.Net;
using System.Net.Sockets;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Ports;

/// <summary>A1: the preflight of an application that uses the library.</summary>
public sealed class PortPreflightTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly StringWriter _notices = new();
    private readonly LogProbe _logs = new();

    public PortPreflightTests()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux.");
        }
    }

    public void Dispose()
    {
        _directory.Dispose();
        _notices.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task Start_NothingInTheWay_KeepsARecordUntilTheEnd()
    {
        var states = new List<InstanceState?>();
        var app = Build("http://127.0.0.1:0", services => services.AddPreflightStep("look", 0, (_, _) => Note()));

        Task Note()
        {
            states.Add(Record()?.State);
            return Task.CompletedTask;
        }

        await app.StartAsync(TestContext.Current.CancellationToken);
        await Note();
        Assert.Equal([.. app.Urls], Record()!.Urls);
        app.Lifetime.StopApplication();
        await Note();
        Assert.True(Record()!.DrainDeadline > TimeProvider.System.GetUtcNow());
        await app.StopAsync(TestContext.Current.CancellationToken);
        await app.DisposeAsync();
        await Note();

        Assert.Equal([InstanceState.Starting, InstanceState.Running, InstanceState.Draining, null], states);
        using var free = InstanceLock.TryTake(_directory["data"]);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task Start_Steps_RunInOrderBeforeThePortIsLookedAt()
    {
        var port = FreePort.Next();
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, port));
        holder.Listen();
        var ran = new List<string>();
        await using var app = Build($"http://127.0.0.1:{port}", services =>
        {
            services.AddPreflightStep("second", 2, (_, _) => { ran.Add("second"); return Task.CompletedTask; });

            // What held the port is gone after this: as an orphan would be.
            services.AddPreflightStep("first", 1, (_, _) => { ran.Add("first"); holder.Dispose(); return Task.CompletedTask; });
        });

        await app.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["first", "second"], ran);
    }

    [Fact]
    public async Task Run_PortHeld_FailsWithFourAndLetsGoOfTheDirectory()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)holder.LocalEndpoint).Port}";
        using var error = new StringWriter();

        Assert.Equal(ExitCode.PortHeld, await ServiceRunner.RunAsync(Build(address), error).Within());

        Assert.Contains($"{address} is held by process {Environment.ProcessId}", error.ToString(), StringComparison.Ordinal);
        Assert.Null(Record());
        using var free = InstanceLock.TryTake(_directory["data"]);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task Run_StepFails_FailsBeforeAnythingListens()
    {
        using var error = new StringWriter();
        var app = Build("http://127.0.0.1:0", static services => services.AddPreflightStep("bad", 0, static (_, _) => throw new InvalidOperationException("bad")));

        Assert.Equal(ExitCode.Failed, await ServiceRunner.RunAsync(app, error).Within());

        Assert.Equal("bad", _logs.Named("ServiceFailed").Single().Exception!.Message);
    }

    [Fact]
    public async Task Run_AskedToStopInTheMiddle_EndsWithoutAFailure()
    {
        using var error = new StringWriter();
        var app = Build("http://127.0.0.1:0", static services => services.AddPreflightStep("long", 0, static (provider, cancellationToken) =>
        {
            provider.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }));

        Assert.Equal(ExitCode.Stopped, await ServiceRunner.RunAsync(app, error).Within());

        Assert.Null(Record());
        Assert.Empty(_logs.Named("ServiceFailed"));
    }

    [Fact]
    public async Task Start_NoDataDirectory_SaysThatOneIsNeeded()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.UsePortPreflight(static _ => { });
        await using var app = builder.Build();

        var exception = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("DataDirectory", exception.Message, StringComparison.Ordinal);
    }

    private InstanceRecord? Record() => InstanceRecord.TryRead(_directory["data/instance.json"]);

    private WebApplication Build(string url, Action<IServiceCollection>? add = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_logs);
        builder.UsePortPreflight(preflight =>
        {
            preflight.DataDirectory = _directory["data"];
            preflight.Notices = _notices;
        });
        add?.Invoke(builder.Services);
        var app = builder.Build();
        app.Urls.Add(url);
        return app;
    }
}
