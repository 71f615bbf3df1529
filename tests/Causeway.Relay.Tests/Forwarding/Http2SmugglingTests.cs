using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Causeway.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Relay.Tests.Forwarding;

/// <summary>What HTTP/2 can carry and a head of HTTP/1.1 can't.</summary>
public sealed class Http2SmugglingTests
{
    private const byte Status200 = 0x88;
    private const byte Status400 = 0x8C;

    [Theory]
    [InlineData("x-good", Status200)]
    [InlineData("x: 1\r\ncauseway-identity: forged\r\ny", Status400)]
    [InlineData("x: 1\r\n\r\nget /smuggled http/1.1\r\ny", Status400)]
    [InlineData("transfer-encoding: chunked\r\ny", Status400)]
    [InlineData("causeway-identity ", Status400)]
    [InlineData("causeway-identity:", Status400)]
    [InlineData("x\u000by", Status400)]
    public async Task Request_NameIsNoToken_Answers400AndBackendSeesNothing(string name, byte status)
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url), protocols: HttpProtocols.Http2);

        Assert.Equal(status, await AskAsync(front.BaseAddress, "GET", (name, "1")).Within());
        Assert.Equal(status == Status200 ? "GET / HTTP/1.1" : "", backend.RequestLine);
    }

    [Fact]
    public async Task Request_ConnectOfAnotherProtocol_Answers400()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url), protocols: HttpProtocols.Http2);

        Assert.Equal(Status400, await AskAsync(front.BaseAddress, "CONNECT", (":protocol", "other")).Within());
        Assert.Equal("", backend.RequestLine);
    }

    /// <summary>Sends one request whose fields nobody checks.</summary>
    /// <returns>The first byte of the answer's head, which is its status.</returns>
    private static async Task<byte> AskAsync(Uri server, string method, (string Name, string Value) field)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port);
        var head = new List<byte>();
        foreach (var (name, value) in new[] { (":method", method), (":scheme", "http"), (":path", "/"), (":authority", server.Authority), field })
        {
            // A literal without indexing and without Huffman coding (RFC 7541 §6.2.2).
            head.Add(0);
            head.Add((byte)name.Length);
            head.AddRange(Encoding.ASCII.GetBytes(name));
            head.Add((byte)value.Length);
            head.AddRange(Encoding.ASCII.GetBytes(value));
        }

        await socket.SendAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, (byte)head.Count, 1, 5, 0, 0, 0, 1, .. head]);
        await using var stream = new NetworkStream(socket);
        while (true)
        {
            var header = new byte[9];
            await stream.ReadExactlyAsync(header);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >> 8];
            await stream.ReadExactlyAsync(payload);
            if (header[3] == 1)
            {
                return payload[0];
            }
        }
    }
}
