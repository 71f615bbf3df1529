// A service made with Causeway.Hosting alone, as a user of the library would: what it does is named on the command line. For tests of real processes.
using Causeway.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.AddCausewayLogs(static options => options.Format = LogFormat.Text);
builder.Services.AddServiceManager().AddReadiness();
builder.Services.AddDrain(static options => options.Window = TimeSpan.FromSeconds(5)).AddDrainStep("hand back", 1, 1, static (context, _) =>
{
    context.Report("3 jobs handed back");
    return Task.CompletedTask;
});
var vital = static (LoopOptions options) =>
{
    (options.Critical, options.MaxFailures, options.RetryMin, options.RetryMax) = (true, 3, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(20));
};
var url = "http://127.0.0.1:0";
switch (args[0])
{
    case "failing-loop":
        builder.Services.AddLoop("vital", TimeSpan.FromSeconds(1), static (_, _) => throw new InvalidOperationException("no luck"), vital);
        break;
    case "hanging-loop":
        builder.Services.AddLoop("vital", TimeSpan.FromSeconds(1), static (_, _) => Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None), options =>
        {
            vital(options);
            (options.MaxFailures, options.Deadline, options.CancelGrace) = (100, TimeSpan.FromMilliseconds(300), TimeSpan.Zero);
        });
        break;
    case "starving-pool":
        new Thread(static () =>
        {
            // Told when: each thread of the pool is kept for good.
            Console.In.ReadLine();
            var never = new ManualResetEventSlim();
            ThreadPool.GetMinThreads(out var threads, out var completions);
            ThreadPool.SetMaxThreads(threads, completions);
            for (var i = 0; i < threads; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ => never.Wait(), null);
            }
        })
        { IsBackground = true }.Start();
        break;
    case "failing-step":
        builder.Services
            .AddLifespanStep("cache", 1, TimeSpan.FromSeconds(5), static (_, _) => Console.Out.WriteLineAsync("cache up"), static (_, _) => Console.Out.WriteLineAsync("cache down"))
            .AddLifespanStep("database", 2, TimeSpan.FromSeconds(5), static (_, _) => throw new InvalidOperationException("no answer from the server"));
        break;
    case "family":
        // With a place of its own, and a child that has children: one in its group, one that left it.
        (url, var directory) = (args[1], args[2]);
        builder.UsePortPreflight(preflight => preflight.DataDirectory = directory);
        builder.Services.AddChildren(directory).AddLifespanStep("family", 1, TimeSpan.FromSeconds(10), static (services, cancellationToken) =>
            services.GetRequiredService<ChildProcesses>().StartAsync(
                new ChildStart { Name = "family", Command = ["sh", "-c", "sleep 3600 & setsid sleep 3600 & wait"] }, cancellationToken));
        break;
    default:
        throw new ArgumentException($"Nothing is named {args[0]}.");
}

var app = builder.Build();
app.Urls.Add(url);
app.MapHealth();
return await ServiceRunner.RunAsync(app, Console.Error, static () => Console.WriteLine("running"));
