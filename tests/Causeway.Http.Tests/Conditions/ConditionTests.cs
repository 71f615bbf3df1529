using System.Net;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>F12: conditional requests.</summary>
public sealed class ConditionTests
{
    [Theory]
    [InlineData(null, 200)]
    [InlineData("*", 304)]
    [InlineData("\"7\"", 304)]
    [InlineData("W/\"7\"", 304, "W/\"7\"")]
    [InlineData("\"7-br\"", 304, "\"7-br\"")]
    [InlineData("\"1\", \"7\"", 304)]
    [InlineData("\"6\"", 200)]
    [InlineData("\"7-x\"", 200)]
    [InlineData("7", 200)]
    public async Task WithETag_Get_NotModifiedWhereTheClientHasIt(string? ifNoneMatch, int status, string tag = "\"7\"")
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, HttpMethod.Get, "/things/7", ("If-None-Match", ifNoneMatch));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(tag, response.Headers.ETag?.ToString());
        Assert.Equal(status == 200 ? "the thing" : "", await response.TextAsync());
    }

    [Theory]
    [InlineData("\"7-live\"", 304)]
    [InlineData("\"7-live-gzip\"", 304)]
    [InlineData("\"7\"", 200)]
    [InlineData("\"7-other\"", 200)]
    public async Task WithETag_Variant_IsPartOfWhatWasRead(string ifNoneMatch, int status)
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, HttpMethod.Get, "/things/7?variant=live", ("If-None-Match", ifNoneMatch));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 304 ? ifNoneMatch : "\"7-live\"", response.Headers.ETag?.ToString());
    }

    [Fact]
    public async Task WithETag_Head_NotModifiedToo()
    {
        await using var server = await StartAsync();

        Assert.Equal(HttpStatusCode.NotModified, (await AskAsync(server, HttpMethod.Head, "/things/7", ("If-None-Match", "\"7\""))).StatusCode);
    }

    [Fact]
    public async Task WithETag_Update_IsNoRead()
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, HttpMethod.Patch, "/things/7", ("If-None-Match", "\"1\""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("\"8\"", response.Headers.ETag?.ToString());
    }

    [Theory]
    [InlineData("\"7\"")]
    [InlineData("*")]
    [InlineData("\"1\", \"7\"")]
    [InlineData("\"7-br\"")]
    [InlineData("\"7-live\"")]
    [InlineData("\"7-live-gzip\"")]
    [InlineData(null)]
    public async Task Check_VersionIsTheOneRead_GoesOn(string? ifMatch)
    {
        await using var server = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, HttpMethod.Patch, "/things/7", ("If-Match", ifMatch))).StatusCode);
    }

    [Theory]
    [InlineData("\"6\"")]
    [InlineData("\"77\"")]
    [InlineData("\"+7\"")]
    [InlineData("\" 7\"")]
    [InlineData("\"-7\"")]
    [InlineData("\"\"")]
    [InlineData("W/\"7\"")]
    [InlineData("\"99999999999999999999\"")]
    [InlineData("\"6\", W/\"7\"")]
    public async Task Check_AnotherVersion_RefusedWithThePresentTag(string ifMatch)
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, HttpMethod.Patch, "/things/7", ("If-Match", ifMatch));
        var error = await HttpAssert.IsErrorAsync(response, HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED");

        Assert.Equal("\"7\"", error.GetProperty("details").GetProperty("etag").GetString());
    }

    [Theory]
    [InlineData("If-Match", "7")]
    [InlineData("If-Match", "\"7")]
    [InlineData("If-Match", "")]
    [InlineData("If-Match", "\"7\" \"8\"")]
    [InlineData("If-None-Match", "7")]
    public async Task Check_NoTag_Unreadable(string header, string value)
    {
        await using var server = await StartAsync();

        var error = await HttpAssert.IsErrorAsync(
            await AskAsync(server, HttpMethod.Patch, "/things/7", (header, value)), HttpStatusCode.BadRequest, "INVALID_MESSAGE");

        Assert.Equal(header, error.GetProperty("details").GetProperty("header").GetString());
    }

    [Fact]
    public async Task Check_CreateOnly_RefusedWhereItIsThere()
    {
        await using var server = await StartAsync();

        await HttpAssert.IsErrorAsync(
            await AskAsync(server, HttpMethod.Patch, "/things/7", ("If-None-Match", "*")), HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, HttpMethod.Patch, "/things/0", ("If-None-Match", "*"))).StatusCode);
    }

    [Fact]
    public async Task Check_IfMatchOnWhatIsNotThere_Refused()
    {
        await using var server = await StartAsync();

        var error = await HttpAssert.IsErrorAsync(
            await AskAsync(server, HttpMethod.Patch, "/things/0", ("If-Match", "*")), HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED");

        Assert.Empty(error.GetProperty("details").EnumerateObject());
    }

    [Fact]
    public async Task Check_Required_RefusedWithoutACondition()
    {
        await using var server = await StartAsync(require: true);

        await HttpAssert.IsErrorAsync(await AskAsync(server, HttpMethod.Patch, "/things/7"), HttpStatusCode.PreconditionRequired, "PRECONDITION_FAILED");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, HttpMethod.Patch, "/things/7", ("If-Match", "\"7\""))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, HttpMethod.Patch, "/things/0")).StatusCode);
    }

    [Fact]
    public void Of_AnyVersion_ComesBackUnderAnyVariantAndCoding() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).Select(static i => (long)i * i).ToArbitrary(),
        Gen.Elements(null, "x", "12", "a.b_c").ToArbitrary(),
        Gen.Elements(null, "br", "gzip").ToArbitrary(),
        static (version, variant, coding) =>
        {
            var tag = EntityTag.Of(version, variant);

            Assert.True(EntityTag.TryGetVersion(coding is null ? tag : EntityTag.WithCoding(tag, coding), out var read));
            Assert.Equal(version, read);
        }).Check(Config.QuickThrowOnFailure);

    private static Task<HttpResponseMessage> AskAsync(TestServer server, HttpMethod method, string path, (string? Name, string? Value) header = default)
    {
        var request = new HttpRequestMessage(method, path);
        return server.SendAsync(header.Value is null ? request : request.With(header.Name!, header.Value));
    }

    private static Task<TestServer> StartAsync(bool require = false) => TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.MapMethods("/things/{version:long}", ["GET", "HEAD"], static (long version, string? variant) => TypedResults.Text("the thing").WithETag(version, variant));
            app.MapPatch("/things/{version:long}", static (long version, RequestConditions conditions) =>
                conditions.Check(version == 0 ? null : version) is { } refused ? refused.ToResult() : TypedResults.Ok().WithETag(version + 1));
        },
        builder =>
        {
            builder.Services.AddApiErrors();
            builder.Services.Configure<RequestConditionOptions>(options => options.RequireIfMatch = require);
        });
}
