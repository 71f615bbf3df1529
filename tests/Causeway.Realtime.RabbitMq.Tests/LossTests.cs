using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>Whatever is cut, both sides of it find out, and are told what they missed.</summary>
public sealed class LossTests(OwnBroker own) : IClassFixture<OwnBroker>
{
    private static readonly RoomId One = RoomId.Parse("chat:one");
    private static readonly RoomId Two = RoomId.Parse("chat:two");

    private enum Cut
    {
        Reset,
        Silent,
        ToBroker,
        FromBroker,
    }

    [Fact]
    public Task Line_IsCut_TheNodeFindsOutAndTheOthersAreToldWhichRoomsItPublishedToMeanwhile() =>
        Task.WhenAll(Enum.GetValues<Cut>().Select(CutAndMendAsync));

    private static async Task CutAndMendAsync(Cut cut)
    {
        await using var nodes = await Nodes.StartAsync(1);
        await using var line = TcpProxy.Start(nodes.Broker.Port);
        await using var far = await nodes.AnotherAsync(line);
        await nodes[0].FollowAsync(One);
        await nodes[0].FollowAsync(Two);
        await far.FollowAsync(One);
        far.Send(One, "before");
        await nodes[0].HearsAsync("before");

        Do(cut, line);
        if (cut != Cut.Reset)
        {
            far.Send(One, "into nothing");
        }

        await Eventually.True(() => far.Interrupted == 1, what: "the node finds out");
        far.Send(One, "while away");
        line.Pass();

        await Eventually.True(() => far.Restored == 2, what: "it is back");
        await Eventually.True(() => nodes[0].MissedOf(One) > 0, what: "the other is told of the room");
        Assert.Equal(0, nodes[0].MissedOf(Two));
        Assert.Equal(1, nodes[0].Restored);
        far.Send(One, "after");
        nodes[0].Send(One, "to it");
        await Eventually.True(() => nodes[0].Heard is [.., "after"] && far.Heard is [.., "to it"], what: "both hear each other again");
    }

    [Fact]
    public async Task Item_ForAllIsLost_EverythingIsReadAgain()
    {
        await using var nodes = await Nodes.StartAsync(1);
        await using var line = TcpProxy.Start(nodes.Broker.Port);
        await using var far = await nodes.AnotherAsync(line);

        line.Reset();
        await Eventually.True(() => far.Interrupted == 1);
        line.Stall();
        far.Send(null, "while away");
        line.Pass();

        await Eventually.True(() => nodes[0].MissedOf(Two) > 0 || nodes[0].Heard.Contains("while away"), what: "it came, or everything is read");
    }

    [Fact]
    public async Task Broker_DiesAndComesBack_AllNodesHearEachOtherAgain()
    {
        var broker = await own.StartedAsync();
        await using var nodes = await Nodes.StartAsync(2, broker);
        await nodes[0].FollowAsync(One);
        await nodes[1].FollowAsync(One);

        await broker.KillAsync();
        await Eventually.True(() => nodes[0].Interrupted == 1 && nodes[1].Interrupted == 1, what: "both find out");
        nodes[0].Send(One, "while away");
        await nodes[1].FollowAsync(Two);
        await using var early = nodes.Begin(broker.Url);
        await early.FollowAsync(Two);
        await early.Logs.WaitFor("BrokerNotReached");
        await broker.StartAgainAsync();

        await Eventually.True(() => nodes[0].Restored == 2 && nodes[1].Restored == 2 && early.Restored == 1, what: "all are back");
        nodes[0].Send(One, "one");
        nodes[0].Send(Two, "two");
        await Eventually.True(() => nodes[1].Heard is [.., "one", "two"] && early.Heard is ["two"], what: "rooms followed before and meanwhile are heard");
        Assert.Single(early.Logs.Named("BrokerNotReached"));

        // As after a machine's pause: connections are there, and nothing answers.
        await broker.FreezeAsync();
        await Eventually.True(() => nodes[0].Interrupted == 2 && nodes[1].Interrupted == 2, what: "both find out that nothing comes");
        await broker.ThawAsync();
        await Eventually.True(() => nodes[0].IsUp && nodes[1].IsUp, what: "both are back");
    }

    /// <summary>For a moment everything waits; for longer, nothing is kept, and everybody reads from the stores.</summary>
    [Fact]
    public async Task Broker_IsShortOfMemory_NodesWaitForItAndThenReadEverythingAgain()
    {
        var broker = await own.StartedAsync();
        var time = new ManualTime();
        await using var nodes = await Nodes.StartAsync(2, broker, time);
        var (one, two) = (nodes[0], nodes[1]);
        await two.FollowAsync(One);
        one.Send(One, "before");
        await two.HearsAsync("before");

        // Only who sends something is told.
        await using (await broker.RunOutOfMemoryAsync())
        {
            one.Send(One, "that waits");
            await one.Logs.WaitFor("BrokerBlocked");
            time.Advance(TimeSpan.FromSeconds(3));
        }

        await one.Logs.WaitFor("BrokerUnblocked");
        await two.HearsAsync("before", "that waits");
        await Eventually.True(() => one.MissedOf(Two) > 0, what: "it reads again, for others may have ended meanwhile");
        Assert.Equal((0, 1), (one.Interrupted, one.Restored));

        var (blocked, told) = (two.Logs.Named("BrokerBlocked").Count, 0);
        await using (await broker.RunOutOfMemoryAsync())
        {
            one.Send(One, "first of many");
            two.Send(Two, "of the other");
            await Eventually.True(() => one.Logs.Named("BrokerBlocked").Count == 2 && two.Logs.Named("BrokerBlocked").Count > blocked, what: "both know that it takes nothing");
            time.Advance(TimeSpan.FromMinutes(1));
            await Eventually.True(() => one.Interrupted == 1 && two.Interrupted == 1, what: "both know that they hear nothing");
            told = two.MissedOf(One);
            for (var n = 0; n < 1_000; n++)
            {
                one.Send(One, "for nobody");
            }
        }

        await Eventually.True(() => one.Restored == 2 && two.Restored == 2, what: "both hear again");

        // The minute is not held against the broker.
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => two.MissedOf(One) > told, what: "the other is told where something is missing");
        one.Send(One, "after");
        await Eventually.True(() => two.Heard is [.., "after"], what: "they hear each other");
        Assert.DoesNotContain("for nobody", two.Heard);
        Assert.Empty(one.Logs.Named("BrokerLost"));
        Assert.Equal((1, 1), (one.Interrupted, two.Interrupted));
    }

    [Fact]
    public async Task Broker_IsShortOfMemoryWhenANodeEnds_TheNodeDoesNotWaitForIt()
    {
        var broker = await own.StartedAsync();
        var time = new ManualTime();
        await using var nodes = await Nodes.StartAsync(1, broker, time);
        await using var shortage = await broker.RunOutOfMemoryAsync();
        nodes[0].Send(One, "x");
        await nodes[0].Logs.WaitFor("BrokerBlocked");
        time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.True(() => nodes[0].Interrupted == 1, what: "it is held up");

        var end = nodes[0].Backplane.StopAsync(TestContext.Current.CancellationToken);
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return end.IsCompleted;
            },
            what: "it ends");
    }

    /// <summary>A queue of somebody else's that takes no more: the broker has refused the message, whoever has got it all the same.</summary>
    [Fact]
    public async Task Broker_RefusesMessages_TheOthersAreToldOnceASecondUntilItTakesThem()
    {
        await using var nodes = await Nodes.StartAsync(2);
        var (one, two) = (nodes[0], nodes[1]);
        await two.FollowAsync(One);
        one.Send(One, "before");
        await two.HearsAsync("before");

        var began = TimeProvider.System.GetTimestamp();
        await using (await FullQueue.BindAsync(nodes))
        {
            one.Send(One, "refused");
            await one.Logs.WaitFor("FramesRefused");
            await Eventually.True(() => two.MissedOf(One) >= 2, what: "the other is told, and once more where that was refused as well");
        }

        await one.Logs.WaitFor("BrokerUnblocked");
        one.Send(One, "after");
        await Eventually.True(() => two.Heard is [.., "after"], what: "it goes on");

        Assert.InRange(two.MissedOf(One), 2, 2 + (int)TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        Assert.Equal((0, 0), (one.Interrupted, two.Interrupted));
    }

    [Fact]
    public void Outbox_NobodySends_KeepsNoMoreThanItMayAndKnowsWhatItDropped()
    {
        var outbox = new Outbox();
        outbox.Open();
        var item = new byte[50_000];
        for (var n = 0; n < 2_000; n++)
        {
            outbox.Add(Shards.Of(One), item);
        }

        Assert.True(outbox.TakeLost()!.Contains(Shards.Of(One)));
        var kept = 0L;
        while (outbox.TryTake() is { } frame)
        {
            kept += frame.ItemBytes;
        }

        Assert.InRange(kept, 60 * 1024 * 1024, 64 * 1024 * 1024);
    }

    [Fact]
    public async Task Queue_IsTooLong_TheNodeFindsOutAndReadsEverythingAgain()
    {
        await using var nodes = await Nodes.StartAsync(1);
        await using var slow = await nodes.AnotherAsync(maxQueueBytes: 65_536);
        await slow.FollowAsync(One);
        slow.Slowness.Reset();
        var item = new string('x', 60_000);

        for (var n = 0; n < 1_000; n++)
        {
            nodes[0].Send(One, item);
        }

        // What is sent to another node has passed the broker after all of that.
        await using var witness = await nodes.AnotherAsync();
        nodes[0].Send(null, "last");
        await witness.HearsAsync("last");
        slow.Slowness.Set();

        await Eventually.True(() => slow.MissedOf(One) > 0 && slow.MissedOf(Two) > 0, what: "it knows that anything may be missing");
        await slow.Logs.WaitFor("FramesMissed");
        Assert.Equal(0, slow.Interrupted);
        nodes[0].Send(One, "after");
        await Eventually.True(() => slow.Heard is [.., "after"], what: "it goes on");
    }

    [Fact]
    public async Task Password_IsWrong_IsSaidWithoutIt()
    {
        await using var nodes = await Nodes.StartAsync(0);
        await using var node = nodes.Begin($"amqp://guest:s3cr3t-w0rd@127.0.0.1:{nodes.Broker.Port}");

        var told = await node.Logs.WaitFor("BrokerNotReached");

        Assert.Contains($"127.0.0.1:{nodes.Broker.Port}", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Logs.Events, static e => $"{e} {e.Exception}".Contains("s3cr3t-w0rd", StringComparison.Ordinal));
        Assert.Equal(0, node.Restored);
    }

    [Fact]
    public async Task Certificate_IsNotTrusted_NothingIsSaidToTheBroker()
    {
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        var issued = authority.Issue(TimeSpan.FromDays(1));
        using var pem = X509Certificate2.CreateFromPem(issued.Certificates, issued.Key);
        using var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        var heard = HearAsync(listener, certificate);
        var broker = $"127.0.0.2:{((IPEndPoint)listener.LocalEndpoint).Port}";
        await using var node = Node.Begin($"amqps://guest:guest@{broker}", "x");

        Assert.Equal(0, await heard.Within());
        var told = await node.Logs.WaitFor("BrokerNotTrusted");
        Assert.Contains(broker, told.Message, StringComparison.Ordinal);
        var reason = Assert.IsType<BrokerNotTrustedException>(told.Exception).Message;
        Assert.Contains("CN=localhost, issued by CN=Test intermediate", reason, StringComparison.Ordinal);
        Assert.Contains("it is not for 127.0.0.2; PartialChain", reason, StringComparison.Ordinal);
    }

    private static void Do(Cut cut, TcpProxy line)
    {
        switch (cut)
        {
            case Cut.Reset:
                line.Stall();
                line.Reset();
                break;
            case Cut.Silent:
                line.Stall();
                break;
            case Cut.ToBroker:
                line.Stall(toClient: false);
                break;
            default:
                line.Stall(toServer: false);
                break;
        }
    }

    /// <returns>The bytes that come through TLS.</returns>
    private static async Task<int> HearAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var tls = new System.Net.Security.SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(certificate);
            return await tls.ReadAsync(new byte[100]);
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            return 0;
        }
    }
}
