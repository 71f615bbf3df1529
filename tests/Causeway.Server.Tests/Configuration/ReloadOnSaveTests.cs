using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Server.Tests.Configuration;

/// <summary>F10, F1: saving the file reloads it once, however many steps the editor takes.</summary>
public sealed class ReloadOnSaveTests
{
    [Fact]
    public async Task Save_InSeveralSteps_ReloadsOnce()
    {
        await using var server = await RunningServer.StartAsync("""{"Telemetry": {"LogLevel": "information"}}""", "--Environment=development");
        var file = Path.Combine(server.Directory, "causeway.json");

        File.WriteAllText(file, "");
        File.WriteAllText(file, """{"Telemetry": {"LogLevel": """);
        File.WriteAllText(file + ".new", """{"Telemetry": {"LogLevel": "warning"}}""");
        File.Move(file + ".new", file, overwrite: true);

        var levels = server.App.Services.GetRequiredService<LogLevelSwitch>();
        await Eventually.Equal(LogLevel.Warning, () => levels.Level);
        Assert.Empty(server.Logs.Named("ReloadRefused"));
        Assert.Single(server.Logs.Named("ReloadStarted"));
    }

    [Fact]
    public async Task Save_BrokenFile_ChangesNothingAndTheNextSaveCounts()
    {
        await using var server = await RunningServer.StartAsync("{}", "--Server:ReloadOnSave=true");
        var file = Path.Combine(server.Directory, "causeway.json");

        File.WriteAllText(file, """{"Telemetry": {"LogLevel": "loud"}}""");
        await server.Logs.WaitFor("ReloadRefused");
        File.WriteAllText(file, """{"Telemetry": {"LogLevel": "error"}}""");

        var levels = server.App.Services.GetRequiredService<LogLevelSwitch>();
        await Eventually.Equal(LogLevel.Error, () => levels.Level);
    }

    [Fact]
    public async Task Save_InProduction_IsNotWatched()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.DoesNotContain(server.App.Services.GetServices<IHostedService>(), static service => service is ReloadOnSave);
    }
}
