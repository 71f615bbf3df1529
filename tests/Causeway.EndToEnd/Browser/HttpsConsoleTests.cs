using Causeway.Testing;

namespace Causeway.EndToEnd.Browser;

/// <summary>E5 in a real browser: the first screen's address over TLS, with the certificate that was made for it.</summary>
public sealed class HttpsConsoleTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    [Fact]
    public async Task Https_SelfSigned_TheConsoleIsLiveOverHttp2()
    {
        await using var causeway = await CausewayProcess.StartAsync("{}", "--https");
        var screen = await causeway.Process.LineAsync(static line => line.Contains("    TLS ", StringComparison.Ordinal), "the certificate");
        Assert.Contains("self-signed, valid until ", screen, StringComparison.Ordinal);
        Assert.Contains("SHA-256 ", screen, StringComparison.Ordinal);
        Assert.Contains($"{causeway.Address}", causeway.Process.Text, StringComparison.Ordinal);
        Assert.Contains($"wss://127.0.0.1:{causeway.Port}/ws", causeway.Process.Text, StringComparison.Ordinal);
        await using var context = await chromium.NewContextAsync(new() { IgnoreHTTPSErrors = true });

        var one = await TesterPage.OpenAsync(context, causeway, "secure");
        var two = await TesterPage.OpenAsync(context, causeway, "secure");
        await one.SayAsync("over TLS");

        await two.ShowsAsync("over TLS");
        Assert.Equal("h2", await one.Page.EvaluateAsync<string>("performance.getEntriesByType('navigation')[0].nextHopProtocol"));
        Assert.Empty(one.Complaints);
        Assert.Empty(two.Complaints);
    }

    [Fact]
    public async Task Https_StrictBrowser_DoesNotOpenIt()
    {
        await using var causeway = await CausewayProcess.StartAsync("{}", "--https");
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => page.GotoAsync(causeway.Address.ToString()));

        Assert.Contains("ERR_CERT_AUTHORITY_INVALID", refused.Message, StringComparison.Ordinal);
    }
}
