using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Realtime.Tests;

/// <summary>D7: rooms as Server-Sent Events.</summary>
public sealed class RoomEventsTests
{
    [Fact]
    public async Task Open_Stream_StartsWithRetryCommentAndGreeting()
    {
        await using var server = await LiveServer.StartAsync();
        await server.PublishManyAsync("general", 2);
        using var stream = await server.StreamAsync("room=general", credential: "ann");

        Assert.Equal(200, stream.Head.Status);
        Assert.Equal("text/event-stream", stream.Head.Header("Content-Type"));
        Assert.Equal("no-store", stream.Head.Header("Cache-Control"));
        Assert.Equal("no", stream.Head.Header("X-Accel-Buffering"));
        Assert.InRange((await stream.ReadAnyAsync())!.RetryMilliseconds!.Value, 250, 2_000);
        Assert.Equal("", (await stream.ReadAnyAsync())!.Comment);
        var connected = await stream.ReadAnyAsync();
        Assert.Equal("connected", connected!.Event);
        Assert.NotNull(connected.Id);
        Assert.Equal("connected", connected.Message.Type);
        Assert.Equal("ann", connected.Message.Text("user_id"));
        Assert.Equal(server.Connections.List().Single().Id, connected.Message.Text("connection_id"));
    }

    [Fact]
    public async Task Message_IsOneEventWithTheEnvelopeMembersGet()
    {
        await using var server = await LiveServer.StartAsync();
        using var stream = await server.StreamAsync("room=general");
        await stream.ReadAsync("connected");
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("general");

        await client.PublishAsync("general", new() { ["text"] = "hi" }, "chat.new");
        var block = (await stream.ReadAsync())!;

        Assert.Equal("chat.new", block.Event);
        Assert.Equal((await client.NextAsync("chat.new")).Json.GetRawText(), block.Data);
        Assert.NotNull(block.Id);
    }

    [Theory]
    [InlineData("room=a")]
    [InlineData("room=a&room=b")]
    public async Task Resume_FromAnyEvent_GoesOnExactlyThere(string rooms)
    {
        await using var server = await LiveServer.StartAsync();
        using var first = await server.StreamAsync(rooms);
        var cursors = new List<string> { (await first.ReadAsync("connected")).Id! };
        var seen = new List<string>();
        for (var n = 1; n <= 6; n++)
        {
            var room = n % 3 == 0 ? "b" : "a";
            await server.PublishAsync(room, n);
            if (room == "a" || rooms.Contains("=b", StringComparison.Ordinal))
            {
                var block = (await first.ReadAsync("chat"))!;
                seen.Add(block.Data!);
                cursors.Add(block.Id!);
            }
        }

        for (var i = 0; i < cursors.Count; i++)
        {
            using var byHeader = await server.StreamAsync(rooms, cursors[i]);
            using var byQuery = await server.StreamAsync($"{rooms}&last_event_id={Uri.EscapeDataString(cursors[i])}");
            foreach (var stream in new[] { byHeader, byQuery })
            {
                Assert.Equal(cursors[i], (await stream.ReadAsync("connected")).Id);
                var replayed = new List<string>();
                while (replayed.Count < seen.Count - i)
                {
                    replayed.Add((await stream.ReadAsync("chat")).Data!);
                }

                // In each room in order; all of them and nothing else.
                Assert.Equal(seen.Skip(i).Order(StringComparer.Ordinal), replayed.Order(StringComparer.Ordinal));
                Assert.Equal(i == cursors.Count - 1 ? cursors[i] : cursors[^1], stream.LastId);
            }
        }
    }

    [Fact]
    public async Task Resume_WhereItCantBe_ResetsThatRoomAndGoesOn()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["short"] = new() { History = 2 });
        using var first = await server.StreamAsync("room=short:x&room=long");
        var cursor = (await first.ReadAsync("connected")).Id!;
        await server.PublishManyAsync("short:x", 5);
        await server.PublishManyAsync("long", 2);

        using var second = await server.StreamAsync("room=short:x&room=long", cursor);
        await second.ReadAsync("connected");
        var reset = await second.ReadAsync();
        var one = (await second.ReadAsync())!;
        var two = (await second.ReadAsync())!;
        await server.PublishAsync("short:x", 6);
        var live = (await second.ReadAsync())!;

        Assert.Equal("reset", reset!.Event);
        Assert.Equal(["room_id", "epoch", "offset"], reset.Message.Fields());
        Assert.Equal(("short:x", 5), (reset.Message.Text("room_id"), reset.Message.Number("offset")));
        Assert.Equal(server.Rooms.Find(RoomId.Parse("short:x"))!.Epoch, reset.Message.Text("epoch"));
        Assert.Equal([("long", 1), ("long", 2), ("short:x", 6)], new[] { one, two, live }.Select(static b => (b.Message.RoomId, b.Message.Number("n"))));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("a.1")]
    [InlineData("a.1~b")]
    [InlineData("a.1~b.-1")]
    [InlineData("a.1~b.2~c.3")]
    public async Task Resume_CursorThatIsNone_ResetsEveryRoom(string cursor)
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["plain"] = new() { History = 0 });
        await server.PublishAsync("a", 1);
        using var stream = await server.StreamAsync("room=a&room=plain:b", cursor);
        await stream.ReadAsync("connected");

        var first = (await stream.ReadAsync())!.Message;
        var second = (await stream.ReadAsync())!.Message;

        Assert.Equal(("reset", "a", 1), (first.Type, first.Text("room_id"), first.Number("offset")));
        Assert.Equal(("reset", "plain:b"), (second.Type, second.Text("room_id")));
        Assert.True(second.IsNull("epoch"));
        Assert.True(second.IsNull("offset"));
    }

    [Fact]
    public async Task Resume_WhileOthersPublish_MissesAndDoublesNothing()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["ns"] = new() { History = 10_000 });
        using var start = await server.StreamAsync("room=ns:a&room=ns:b");
        var cursor = (await start.ReadAsync("connected")).Id;
        var publishing = Task.Run(async () =>
        {
            for (var n = 1; n <= 600; n++)
            {
                await server.PublishAsync(n % 2 == 0 ? "ns:a" : "ns:b", n);
                await Task.Yield();
            }
        });
        var seen = new Dictionary<string, List<long>> { ["ns:a"] = [], ["ns:b"] = [] };

        for (var visit = 0; visit < 15; visit++)
        {
            using var stream = await server.StreamAsync("room=ns:a&room=ns:b", cursor);
            await stream.ReadAsync("connected");
            for (var i = 0; i < 40; i++)
            {
                var block = await stream.ReadAsync("chat");
                seen[block.Message.RoomId!].Add(block.Message.Offset!.Value);
            }

            cursor = stream.LastId;
        }

        await publishing;
        Assert.All(seen.Values, static offsets => Assert.Equal(Enumerable.Range(1, 300).Select(static n => (long)n), offsets));
    }

    [Fact]
    public async Task Ephemeral_Message_HasNoIdOfItsOwn()
    {
        await using var server = await LiveServer.StartAsync();
        using var one = await server.StreamAsync("room=a");
        using var two = await server.StreamAsync("room=a&room=b");
        await one.ReadAsync("connected");
        await two.ReadAsync("connected");

        await server.PublishAsync("a", 1, new PublishOptions { Ephemeral = true });

        Assert.Null((await one.ReadAsync("chat")).Id);
        Assert.Null((await two.ReadAsync("chat")).Id);
    }

    [Fact]
    public async Task Rooms_NamedTwice_AreServedOnce()
    {
        await using var server = await LiveServer.StartAsync();
        using var stream = await server.StreamAsync("room=a&room=a&room=a");
        await stream.ReadAsync("connected");

        await server.PublishManyAsync("a", 2);

        Assert.Equal(1, (await stream.ReadAsync("chat")).Message.Number("n"));
        Assert.Equal(2, (await stream.ReadAsync("chat")).Message.Number("n"));
        Assert.Equal(1, server.Rooms.Find(RoomId.Parse("a"))!.Connections);
    }

    [Fact]
    public async Task Rooms_32_AreServedAnd33AreNot()
    {
        await using var server = await LiveServer.StartAsync();
        var names = Enumerable.Range(0, 33).Select(static n => $"room=r{n}").ToArray();
        using var most = await server.StreamAsync(string.Join('&', names.Take(32)));
        using var tooMany = await server.StreamAsync(string.Join('&', names));
        await most.ReadAsync("connected");

        await server.PublishAsync("r31", 1);

        Assert.Equal("r31", (await most.ReadAsync("chat")).Message.RoomId);
        Assert.Equal((422, "VALIDATION_ERROR"), (tooMany.Head.Status, tooMany.Head.ErrorCode));
    }

    [Theory]
    [InlineData("", 422, "VALIDATION_ERROR")]
    [InlineData("room=", 422, "VALIDATION_ERROR")]
    [InlineData("room=a%20b", 422, "VALIDATION_ERROR")]
    [InlineData("room=a&room=closed:x", 403, "FORBIDDEN")]
    [InlineData("room=fixed:x", 404, "ROOM_NOT_FOUND")]
    [InlineData("room=solo:x", 409, "ROOM_FULL")]
    [InlineData("room=a&room=b&room=c&room=d", 409, "TOO_MANY_ROOMS")]
    public async Task Open_WhatCantBeServed_IsAnHttpError(string rooms, int status, string code)
    {
        await using var server = await LiveServer.StartAsync(static options =>
        {
            options.MaxRoomsPerConnection = 3;
            options.Namespaces["closed"] = new() { Join = JoinRule.Authenticated };
            options.Namespaces["fixed"] = new() { AutoCreate = false };
            options.Namespaces["solo"] = new() { MaxMembers = 1 };
        });
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("solo:x");

        using var stream = await server.StreamAsync(rooms);

        Assert.Equal((status, code), (stream.Head.Status, stream.Head.ErrorCode));
        Assert.Equal(1, server.Connections.Count);
        Assert.Equal(1, server.Rooms.Count);
    }

    [Fact]
    public async Task Bytes_OfAStream_AreWholeChunks()
    {
        await using var server = await LiveServer.StartAsync();
        using var line = await RawConnection.OpenAsync(server.Address);
        await line.SendAsync("GET /sse?room=a&room=b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        await Eventually.True(() => server.Core.Connections.All.SingleOrDefault() is { } stream && server.Core.Rooms.Get(RoomId.Parse("b"))?.ShardOf(stream.Loop) is { Count: 1 });
        await server.PublishManyAsync("a", 50);
        await Eventually.Equal(50, () => server.Connections.Statistics.Deliveries);
        server.Connections.Disconnect(server.Connections.List().Single().Id, CloseReason.DisconnectedByOperator);

        // The last chunk ends the answer; the connection itself may be used again.
        await line.SendAsync("GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        var text = Encoding.UTF8.GetString(await line.ReadToEndAsync());

        var body = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var events = new StringBuilder();
        while (true)
        {
            var end = body.IndexOf("\r\n", StringComparison.Ordinal);
            var size = Convert.ToInt32(body[..end], 16);
            Assert.Equal("\r\n", body.Substring(end + 2 + size, 2));
            events.Append(body.AsSpan(end + 2, size));
            body = body[(end + 2 + size + 2)..];
            if (size == 0)
            {
                break;
            }
        }

        Assert.StartsWith("HTTP/1.1 404", body, StringComparison.Ordinal);
        Assert.Equal(50, events.ToString().Split("event: chat\n").Length - 1);
        Assert.EndsWith("\n\n", events.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http11_PlainStream_GoesStraightToTheSocket()
    {
        await using var server = await LiveServer.StartAsync();
        using var stream = await server.StreamAsync("room=a");
        await stream.ReadAsync("connected");

        Assert.Equal(
            OperatingSystem.IsLinux() ? WireForm.ChunkedEvent : WireForm.Event,
            server.Core.Connections.All.Single().Sender.Form);
    }

    [Fact]
    public async Task Http2_StreamAndReplay_ArriveInOrder()
    {
        await using var server = await LiveServer.StartAsync(protocols: HttpProtocols.Http2);
        await server.PublishManyAsync("a", 3);
        using var client = new HttpClient { BaseAddress = server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sse?room=a&room=b")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("Last-Event-ID", $"{server.Rooms.Find(RoomId.Parse("a"))!.Epoch}.1~x.0");

        await ReadThroughAStreamAsync(server, client, request);
    }

    [Fact]
    public async Task Tls_StreamAndReplay_ArriveInOrder()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2090, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await LiveServer.StartAsync(build: builder => builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))));
        await server.PublishManyAsync("a", 3);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString();
        using var client = new HttpClient(handler) { BaseAddress = server.SecureAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sse?room=a&room=b");
        request.Headers.Add("Last-Event-ID", $"{server.Rooms.Find(RoomId.Parse("a"))!.Epoch}.1~x.0");

        await ReadThroughAStreamAsync(server, client, request);
    }

    [Fact]
    public async Task Client_ThatGoesAway_IsGone()
    {
        await using var server = await LiveServer.StartAsync();
        using (var stream = await server.StreamAsync("room=a"))
        {
            await stream.ReadAsync("connected");
            Assert.Equal(1, server.Connections.Count);
        }

        await Eventually.Equal(0, () => server.Connections.Count);
        await Eventually.Equal(0, () => server.Rooms.Count);
        server.Logs.AssertQuiet();
    }

    private static async Task ReadThroughAStreamAsync(LiveServer server, HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).Within();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var events = new List<string>();
        await ReadEventsAsync(4);
        Assert.Equal(WireForm.Event, server.Core.Connections.All.Single().Sender.Form);
        await server.PublishManyAsync("b", 2);
        await ReadEventsAsync(6);
        Assert.Equal(["connected", "reset", "a2", "a3", "b1", "b2"], events);

        Assert.True(server.Connections.Disconnect(server.Connections.List().Single().Id, CloseReason.DisconnectedByOperator));
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within() is { } rest)
        {
            Assert.Equal("", rest);
        }

        async Task ReadEventsAsync(int count)
        {
            while (events.Count < count)
            {
                var line = (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within())!;
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    var message = new LiveMessage(JsonElement.Parse(line["data: ".Length..]));
                    events.Add(message.RoomId is { } room ? $"{room}{message.Offset}" : message.Type);
                }
            }
        }
    }
}
