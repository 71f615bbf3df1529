using Causeway.Testing;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>F11: nobody makes the service ask its own machine or network, by whichever spelling.</summary>
public sealed class PrivateNetworkTests(PrivateNetworkTests.Home home) : IClassFixture<PrivateNetworkTests.Home>
{
    [Theory]
    [InlineData("http://127.0.0.1:{port}/")]
    [InlineData("http://127.1:{port}/")]
    [InlineData("http://2130706433:{port}/")]
    [InlineData("http://0x7f000001:{port}/")]
    [InlineData("http://0177.0.0.1:{port}/")]
    [InlineData("http://[::1]:{port}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{port}/")]
    [InlineData("http://localhost:{port}/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://0.0.0.0:{port}/")]
    public async Task Create_AddressOfTheInside_Refused(string url)
    {
        var answer = await home.Server.PostAsync("/api/v1/webhooks", $$"""{"url":"{{url.Replace("{port}", home.Port, StringComparison.Ordinal)}}","events":["*"]}""");

        Assert.Contains("AllowPrivateNetworks", answer.AssertError(422, "VALIDATION_ERROR").GetProperty("fields").GetProperty("url").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://example.com/")]
    [InlineData("/hook")]
    [InlineData("https://user:password@example.com/")]
    [InlineData("https://example.com/#part")]
    [InlineData("javascript:alert(1)")]
    [InlineData(" https://example.com/")]
    public async Task Create_NoAddressToPostTo_Refused(string url) =>
        (await home.Server.PostAsync("/api/v1/webhooks", $$"""{"url":"{{url}}","events":["*"]}""")).AssertError(422, "VALIDATION_ERROR");

    [Fact]
    public async Task Delivery_NameThatLeadsInside_IsJudgedByItsAddressWhenItIsConnectedTo()
    {
        // A name of this machine that no rule of names knows.
        var id = (await home.Server.CreateWebhookAsync($"http://{System.Net.Dns.GetHostName()}:{home.Port}/", ["user.*"])).Id();

        var shown = await home.Server.UntilAsync(id, await home.Server.TestWebhookAsync(id), "pending", attempts: 1);

        Assert.Contains("private network", shown.GetProperty("tries")[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(home.Receiver.All);
    }

    /// <summary>A server that may not go there, and what it would find.</summary>
    public sealed class Home : IAsyncLifetime
    {
        internal RunningServer Server { get; private set; } = null!;

        internal Receiver Receiver { get; private set; } = null!;

        internal string Port => new Uri(Receiver.Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

        public async ValueTask InitializeAsync()
        {
            Receiver = await Receiver.StartAsync();
            Server = await RunningServer.StartAsync("""{ "RateLimits": { "Enabled": false } }""");
        }

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            await Receiver.DisposeAsync();
        }
    }
}
