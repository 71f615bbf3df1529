using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Logs;

public sealed class LogLevelSwitchTests
{
    [Fact]
    public void Level_ChangedWhileLoggersLive_CountsAtOnce()
    {
        using var services = new ServiceCollection().AddLogging(static logging => logging.AddCausewayLogs().AddProvider(new LogProbe())).BuildServiceProvider();
        var own = services.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Realtime");
        var framework = services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Routing");
        var level = services.GetRequiredService<LogLevelSwitch>();
        Assert.Equal((true, false, false), (own.IsEnabled(LogLevel.Information), own.IsEnabled(LogLevel.Debug), framework.IsEnabled(LogLevel.Information)));

        level.Level = LogLevel.Debug;
        Assert.Equal((true, false, true), (own.IsEnabled(LogLevel.Debug), framework.IsEnabled(LogLevel.Information), framework.IsEnabled(LogLevel.Warning)));

        level.Level = LogLevel.Error;
        Assert.Equal((false, true, false), (own.IsEnabled(LogLevel.Warning), own.IsEnabled(LogLevel.Error), framework.IsEnabled(LogLevel.Warning)));
    }
}
