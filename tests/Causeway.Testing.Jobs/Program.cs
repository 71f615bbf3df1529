// A worker process made with Causeway.Jobs alone, as a user of the library would: for tests that kill it.
using Causeway.Data;
using Causeway.Jobs;
using Causeway.Testing.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var (provider, place) = (args[0], args[1]);
var builder = Host.CreateEmptyApplicationBuilder(null);
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
builder.Services.AddDatabase(options =>
{
    options.Provider = provider == "postgres" ? DatabaseProvider.Postgres : DatabaseProvider.Sqlite;
    (options.ConnectionString, options.SqliteFile) = provider == "postgres" ? (place, options.SqliteFile) : (null, place);
});
builder.Services.AddJobs(static options =>
{
    options.Workers = 4;
    options.Lease = TimeSpan.FromSeconds(2);
    options.PollInterval = TimeSpan.FromMilliseconds(100);
});
builder.Services.AddJob<HoldArgs, HoldHandler>("hold");
builder.Services.AddJob<CountArgs, CountHandler>("count", static kind => (kind.RetryMin, kind.RetryMax) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200)));
builder.Services.AddJobSchedule("every-second", "* * * * * *", static tick => new CountArgs($"tick {tick:O}"), static schedule => schedule.Overlaps = true);
var host = builder.Build();
await host.StartAsync();
Console.WriteLine("running");
await host.WaitForShutdownAsync();
