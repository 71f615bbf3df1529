using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Systemd;

/// <summary>A1: a socket that was handed over outlives the server that served it.</summary>
public sealed class SocketActivationTests : IDisposable
{
    private readonly Socket _shared = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Limits.Test };
    private readonly Uri _address;

    public SocketActivationTests()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux.");
        }

        _shared.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _shared.Listen();
        _address = new Uri($"http://{_shared.LocalEndPoint}");
    }

    public void Dispose()
    {
        _client.Dispose();
        _shared.Dispose();
    }

    [Fact]
    public async Task Stop_OthersShareTheSocket_ItListensOnAndTheNextServerAnswersWhoCameMeanwhile()
    {
        await using (var first = await StartAsync())
        {
            Assert.Equal("first", await _client.GetStringAsync(new Uri(_address, "/?first"), TestContext.Current.CancellationToken));
            await first.StopAsync(TestContext.Current.CancellationToken);
        }

        var waiting = _client.GetStringAsync(new Uri(_address, "/?second"), TestContext.Current.CancellationToken);
        Assert.False(_shared.LingerState!.Enabled);
        await using var second = await StartAsync();

        Assert.Equal("second", await waiting.Within());
    }

    [Fact]
    public async Task Start_SocketHandedOver_AddressIsTheSocketsOwn()
    {
        await using var app = await StartAsync();

        Assert.Equal(_address.GetLeftPart(UriPartial.Authority), Assert.Single(app.Urls));
    }

    [Fact]
    public async Task Start_AddressesBesides_AreOpenedToo()
    {
        var besides = $"http://127.0.0.1:{FreePort.Next()}";
        await using var app = await StartAsync(besides);

        Assert.Equal("besides", await _client.GetStringAsync(new Uri(besides + "/?besides"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Answer_WrittenInOnePieceBeforeTheStart_Arrives()
    {
        await using var app = await StartAsync();

        // As errors are written: the server must have room for it before anything was started.
        var answer = await _client.GetAsync(new Uri(_address, "/large"), TestContext.Current.CancellationToken);

        Assert.Equal(100_000, (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public void Take_NothingHandedOver_IsEmpty() => Assert.Empty(SocketActivation.Take());

    [Fact]
    public void Take_MeantForAnotherProcess_IsEmptyAndForgotten()
    {
        Environment.SetEnvironmentVariable("LISTEN_PID", "1");
        Environment.SetEnvironmentVariable("LISTEN_FDS", "1");

        Assert.Empty(SocketActivation.Take());

        Assert.Null(Environment.GetEnvironmentVariable("LISTEN_PID"));
        Assert.Null(Environment.GetEnvironmentVariable("LISTEN_FDS"));
    }

    private async Task<WebApplication> StartAsync(params string[] besides)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();

        // A process of its own would have its own descriptor.
        var own = new Socket(new SafeSocketHandle(Duplicate(_shared.Handle.ToInt32()), ownsHandle: true));
        builder.WebHost.UseActivatedSockets([new ActivatedSocket("web", own)], besides);
        var app = builder.Build();
        app.MapGet("/", static context => context.Response.WriteAsync(context.Request.QueryString.Value![1..]));
        app.MapGet("/large", static context =>
        {
            System.Buffers.BuffersExtensions.Write(context.Response.BodyWriter, new byte[100_000]);
            return Task.CompletedTask;
        });
        await app.StartAsync().Within();
        return app;
    }

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);
}
