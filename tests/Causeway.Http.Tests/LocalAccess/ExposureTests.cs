using Microsoft.Extensions.Options;

namespace Causeway.Http.Tests;

/// <summary>E4: the exposure is decided once, by settings that must agree.</summary>
public sealed class ExposureTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://127.8.9.10:0")]
    [InlineData("http://localhost:8080")]
    [InlineData("https://LOCALHOST:8443")]
    [InlineData("http://[::1]:8080")]
    [InlineData("http://127.0.0.1:8080;http://[::1]:8080")]
    public void Decide_EveryAddressIsLoopback_IsLocal(string urls)
    {
        Assert.True(Exposure.Decide(Options(urls)).IsLocal);
        Assert.True(Exposure.Decide(Options(urls, mode: AuthMode.Local)).IsLocal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://*:8080")]
    [InlineData("http://+:8080")]
    [InlineData("http://[::]:8080")]
    [InlineData("http://192.168.1.2:8080")]
    [InlineData("http://127.0.0.1.attacker.example:8080")]
    [InlineData("http://localhost.example:8080")]
    [InlineData("http://unix:/run/causeway.sock")]
    [InlineData("http://127.0.0.1:8080;http://10.0.0.1:8080")]
    public void Decide_AnAddressIsNotLoopback_IsExposedAndNamesIt(string urls)
    {
        var exposure = Exposure.Decide(Options(urls));

        Assert.False(exposure.IsLocal);
        Assert.Contains(urls.Split(';')[^1], exposure.Reason, StringComparison.Ordinal);
        Assert.Contains("Auth:Mode is local", Assert.Throws<ArgumentException>(() => Exposure.Decide(Options(urls, mode: AuthMode.Local))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_AddressesUnknown_IsExposed() => Assert.False(Exposure.Decide(new ExposureOptions()).IsLocal);

    [Theory]
    [InlineData("https://live.example.com", null, "Server:PublicUrl")]
    [InlineData(null, "10.0.0.1", "Server:TrustedProxies")]
    [InlineData(null, "10.0.0.0/8", "Server:TrustedProxies")]
    public void Decide_PublicUrlOrProxy_IsExposedAlsoOnLoopback(string? publicUrl, string? proxy, string setting)
    {
        Assert.Contains(setting, Exposure.Decide(Options("http://127.0.0.1:8080", publicUrl, proxy)).Reason, StringComparison.Ordinal);
        var refusal = Assert.Throws<ArgumentException>(() => Exposure.Decide(Options("http://127.0.0.1:8080", publicUrl, proxy, AuthMode.Local)));
        Assert.Contains(setting, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Remove Auth:Mode", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_AuthRequired_IsExposed()
    {
        var exposure = Exposure.Decide(Options("http://127.0.0.1:8080", mode: AuthMode.Required));

        Assert.False(exposure.IsLocal);
        Assert.Equal("Auth:Mode is required", exposure.Reason);
    }

    [Theory]
    [InlineData("nonsense", null, null)]
    [InlineData("ftp://127.0.0.1:21", null, null)]
    [InlineData("http://127.0.0.1:8080", "live.example.com", null)]
    [InlineData("http://127.0.0.1:8080", "ftp://live.example.com", null)]
    [InlineData("http://127.0.0.1:8080", "https://live.example.com/app", null)]
    [InlineData("http://127.0.0.1:8080", "https://user@live.example.com", null)]
    [InlineData("http://127.0.0.1:8080", "https://live.example.com?x", null)]
    [InlineData("http://127.0.0.1:8080", null, "proxy.example.com")]
    [InlineData("http://127.0.0.1:8080", null, "0.0.0.0/0")]
    [InlineData("http://127.0.0.1:8080", null, "::/0")]
    public void Problems_UnusableSetting_NamesKeyAndValue(string urls, string? publicUrl, string? proxy)
    {
        var problem = Assert.Single(Options(urls, publicUrl, proxy).Problems());

        Assert.StartsWith("Server:", problem, StringComparison.Ordinal);
        Assert.Contains(proxy ?? publicUrl ?? urls, problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddLocalAccess_Contradiction_FailsTheStart()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => TestServer.StartAsync(
            static _ => { },
            static builder => builder.Services.AddLocalAccess(static options =>
            {
                options.Urls.Add("http://0.0.0.0:8080");
                options.AuthMode = AuthMode.Local;
            })));

        Assert.Contains("http://0.0.0.0:8080", failure.Message, StringComparison.Ordinal);
    }

    private static ExposureOptions Options(string urls, string? publicUrl = null, string? proxy = null, AuthMode? mode = null)
    {
        var options = new ExposureOptions { PublicUrl = publicUrl, AuthMode = mode };
        foreach (var url in urls.Split(';'))
        {
            options.Urls.Add(url);
        }

        if (proxy is not null)
        {
            options.TrustedProxies.Add(proxy);
        }

        return options;
    }
}
