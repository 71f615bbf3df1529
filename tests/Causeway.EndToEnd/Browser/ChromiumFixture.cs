using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>One Chromium for all tests of a class; each test has contexts of its own in it.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    // A page on a busy machine may be slow; what never comes is what a test is to find.
    static ChromiumFixture() => Assertions.SetDefaultExpectTimeout(LimitMilliseconds);

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal static float LimitMilliseconds => (float)Testing.Limits.Test.TotalMilliseconds;

    /// <summary>A fresh profile; the test is skipped where there is no Chromium.</summary>
    internal async Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        var executable = Needs.Chromium();
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = executable,
            // It only ever sees our own pages, and many machines that run tests do not give it a sandbox.
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
            Timeout = LimitMilliseconds * 2,
        });
        var context = await _browser.NewContextAsync(options);
        context.SetDefaultTimeout(LimitMilliseconds);
        return context;
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
