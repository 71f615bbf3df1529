using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Configuration;

public sealed class HostConfigurationTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task AddCausewayConfiguration_HostsOwnSources_NoLongerCount()
    {
        _work.Write("appsettings.json", """{"Urls": "http://127.0.0.1:1", "FromAppSettings": "yes", "Logging": {"LogLevel": {"Default": "Trace"}}}""");
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = ["--urls=http://127.0.0.1:2", "--FromArguments=yes"],
            ContentRootPath = _work.Path,
        });
        Assert.Equal("yes", builder.Configuration["FromAppSettings"]);

        builder.AddCausewayConfiguration(_work.Load("--Server:Directory=d", "--Environment=staging"));
        await using var app = builder.Build();

        Assert.Null(app.Configuration["FromAppSettings"]);
        Assert.Null(app.Configuration["FromArguments"]);
        Assert.Null(app.Configuration["urls"]);
        Assert.Equal("d", app.Configuration["Server:Directory"]);
        Assert.True(app.Environment.IsStaging());
        Assert.Equal("Staging", app.Services.GetRequiredService<IHostEnvironment>().EnvironmentName);
        Assert.Same(app.Services.GetRequiredService<CausewayConfiguration>(), app.Services.GetRequiredService<CausewayConfiguration>());
    }

    [Fact]
    public async Task AddCausewayConfiguration_UrlsOfTheHost_AreNotListenedOn()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--urls=http://127.0.0.1:1"], ContentRootPath = _work.Path });
        builder.Logging.ClearProviders();
        builder.AddCausewayConfiguration(_work.Load());
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");

        await app.StartAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain("http://127.0.0.1:1", app.Urls);
        Assert.Single(app.Urls);
    }
}
