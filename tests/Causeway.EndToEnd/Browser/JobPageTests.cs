using Causeway.Data;
using Causeway.Jobs;
using Causeway.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>F9, G2: jobs in the console, run by another process of the same database.</summary>
public sealed class JobPageTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    // The program doesn't know it, so it leaves its jobs to the test's own worker.
    private const string Queue = "of-the-test";

    [Fact]
    public async Task Page_ProgressCancelReplayAndDiscard_AsTheyHappen()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var node = await Node.StartAsync(causeway);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        await page.GotoAsync(causeway.Address.ToString());
        await page.GetByTestId("nav-jobs").ClickAsync();

        // Progress comes without a reload. The service may have jobs of its own.
        await Assertions.Expect(page.GetByTestId("jobs-table-state")).ToBeVisibleAsync();
        await node.AddAsync("held");
        var row = page.GetByTestId("jobs-table").GetByRole(AriaRole.Row, new() { NameRegex = new("import") });
        await Assertions.Expect(row).ToContainTextAsync("Running");
        await Assertions.Expect(row).ToContainTextAsync("1 of 4");
        node.Step(3);
        await Assertions.Expect(row).ToContainTextAsync("3 of 4 · rows");
        await Assertions.Expect(row.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("value", "3");

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel import" }).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("Cancelled");

        // A dead one shows what went wrong, and is replayed.
        await node.AddAsync("broken", tries: 1);
        await page.GetByTestId("jobs-table-state").SelectOptionAsync("dead");
        await Assertions.Expect(row.Filter(new() { HasText = "line 7 has no price" })).ToBeVisibleAsync();
        await Assertions.Expect(row).ToHaveCountAsync(1);
        await page.GetByTestId("job-details").ClickAsync();
        var dialog = page.GetByTestId("job-dialog");
        await Assertions.Expect(dialog).ToContainTextAsync("\"name\": \"broken\"");
        await dialog.GetByTestId("job-failure").Locator("summary").ClickAsync();
        await Assertions.Expect(dialog).ToContainTextAsync("InvalidDataException: line 7 has no price");
        await page.Keyboard.PressAsync("Escape");
        node.IsMended = true;
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay import" }).ClickAsync();
        await Assertions.Expect(page.GetByText("No job fits.")).ToBeVisibleAsync();
        await page.GetByTestId("jobs-table-state").SelectOptionAsync("succeeded");
        await Assertions.Expect(row).ToContainTextAsync("Succeeded");

        await page.GetByRole(AriaRole.Button, new() { Name = "Discard import" }).ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Assertions.Expect(row).ToHaveCountAsync(0);
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Schedules_PauseRunResume_ByKeyboard()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var node = await Node.StartAsync(causeway);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(causeway.Address, "/#/jobs").ToString());
        await page.GetByTestId("tab-schedules").ClickAsync();
        var row = page.GetByTestId("schedules-table").GetByRole(AriaRole.Row, new() { NameRegex = new("nightly") });
        await Assertions.Expect(row).ToContainTextAsync("0 3 * * *");

        var pause = page.GetByRole(AriaRole.Button, new() { Name = "Pause nightly" });
        await pause.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(row).ToContainTextAsync("Paused");
        var resume = page.GetByRole(AriaRole.Button, new() { Name = "Resume nightly" });
        await Assertions.Expect(resume).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(row).Not.ToContainTextAsync("Paused");
        await Assertions.Expect(row).ToContainTextAsync("in ");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1400, "jobs")]
    [InlineData(ColorScheme.Dark, 360, "jobs")]
    [InlineData(ColorScheme.Light, 360, "schedules")]
    public async Task Page_CheckedByAxe_HasNoViolationAndFits(ColorScheme scheme, int width, string view)
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var node = await Node.StartAsync(causeway);
        await node.AddAsync("held");
        await node.AddAsync("broken", tries: 1);
        await node.AddAsync("broken");
        await node.AddAsync("mended");
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(causeway.Address, $"/#/{view}").ToString());
        await Assertions.Expect(page.GetByTestId($"{view}-table")).ToContainTextAsync(view == "jobs" ? "To be retried" : "nightly");
        await Assertions.Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting");

        var result = await page.RunAxe();
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

        Assert.Empty(result.Violations.Select(static violation => $"{violation.Id}: {violation.Help}"));
        Assert.Equal(0, overflow);
    }

    private sealed record Import(string Name);

    /// <summary>A worker in the test's process, on the program's own database.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly IHost _host;
        private readonly TaskCompletionSource<long> _step = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Node(CausewayProcess causeway)
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            var services = builder.Services;
            services.AddDatabase(options => options.SqliteFile = Path.Combine(causeway.Directory, "data", "causeway.db"));
            services.AddJobs(static options =>
            {
                options.PollInterval = TimeSpan.FromMilliseconds(100);
                options.ProgressInterval = TimeSpan.FromMilliseconds(50);
                options.Worker = "importer";
            });
            services.AddSingleton(this);
            services.AddJob<Import, Importer>("import", static kind => (kind.Queue, kind.RetryMin) = (Queue, TimeSpan.FromHours(1)));
            services.AddJobSchedule("nightly", "0 3 * * *", static _ => new Import("mended"));
            _host = builder.Build();
        }

        public bool IsMended { get; set; }

        public Task<long> NextStep => _step.Task;

        public static async Task<Node> StartAsync(CausewayProcess causeway)
        {
            var node = new Node(causeway);
            await node._host.StartAsync().Within();
            return node;
        }

        public Task<Enqueued> AddAsync(string name, int? tries = null) =>
            _host.Services.GetRequiredService<JobClient>().EnqueueAsync(new Import(name), new EnqueueOptions { MaxAttempts = tries });

        /// <summary>Lets the held import tell of its next step.</summary>
        public void Step(long done) => _step.TrySetResult(done);

        public async ValueTask DisposeAsync()
        {
            await _host.StopAsync().Within();
            _host.Dispose();
        }
    }

    private sealed class Importer(Node node) : IJobHandler<Import>
    {
        public async Task<JobOutcome> RunAsync(Import args, JobContext context, CancellationToken cancellationToken)
        {
            if (args.Name == "broken" && !node.IsMended)
            {
                throw new InvalidDataException("line 7 has no price");
            }

            context.Report(1, 4, "rows");
            if (args.Name == "held")
            {
                context.Report(await node.NextStep.WaitAsync(cancellationToken), 4, "rows");
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return JobOutcome.Done;
        }
    }
}
