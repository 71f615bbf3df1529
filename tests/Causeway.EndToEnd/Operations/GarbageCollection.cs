using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Causeway.EndToEnd.Operations;

/// <summary>Makes another .NET process collect its garbage, by the runtime's own diagnostics protocol.</summary>
/// <remarks>
/// A session that asks for the keyword GCHeapCollect causes one full blocking collection, which is what a heap dump does
/// before it looks. See docs/design-docs/diagnostics in dotnet/diagnostics: the IPC protocol.
/// </remarks>
internal static class GarbageCollection
{
    private const byte EventPipe = 0x02;
    private const byte StopTracing = 0x01;
    private const byte CollectTracing2 = 0x03;
    private const ulong GcHeapCollect = 0x800000;

    /// <summary>Returns when the collection is over.</summary>
    public static async Task ForceAsync(int processId)
    {
        using var session = await ConnectAsync(processId);
        await SendAsync(session, CollectTracing2, Provider());
        var id = await ReadSessionIdAsync(session);

        // The end of the session is answered when its stream has been read to the end.
        var reading = ReadToEndAsync(session);
        using var control = await ConnectAsync(processId);
        await SendAsync(control, StopTracing, id);
        await ReadSessionIdAsync(control);
        await reading;
    }

    private static async Task ReadToEndAsync(Socket session)
    {
        var buffer = new byte[65_536];
        while (await session.ReceiveAsync(buffer) > 0)
        {
            // Nobody needs the events.
        }
    }

    private static async Task<Socket> ConnectAsync(int processId)
    {
        // Of an earlier process of this number, which was killed, one may be left: the newest is the living one's.
        var path = new DirectoryInfo(Path.GetTempPath()).EnumerateFiles($"dotnet-diagnostic-{processId}-*-socket").MaxBy(static file => file.LastWriteTimeUtc)!.FullName;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static byte[] Provider()
    {
        using var payload = new MemoryStream();
        using var writer = new BinaryWriter(payload);
        writer.Write(1u); // megabytes of buffer
        writer.Write(1u); // the nettrace format
        writer.Write(false); // no rundown of all methods at the end
        writer.Write(1u); // one provider
        writer.Write(GcHeapCollect);
        writer.Write(4u); // informational
        WriteText("Microsoft-Windows-DotNETRuntime");
        writer.Write(0u); // no filter
        writer.Flush();
        return payload.ToArray();

        void WriteText(string text)
        {
            writer.Write((uint)text.Length + 1);
            writer.Write(Encoding.Unicode.GetBytes(text + '\0'));
        }
    }

    private static async Task SendAsync(Socket socket, byte command, byte[] payload)
    {
        var message = new byte[20 + payload.Length];
        "DOTNET_IPC_V1\0"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)message.Length);
        message[16] = EventPipe;
        message[17] = command;
        payload.CopyTo(message, 20);
        for (var sent = 0; sent < message.Length;)
        {
            sent += await socket.SendAsync(message.AsMemory(sent));
        }
    }

    private static async Task<byte[]> ReadSessionIdAsync(Socket socket)
    {
        var answer = new byte[28];
        for (var read = 0; read < answer.Length;)
        {
            var more = await socket.ReceiveAsync(answer.AsMemory(read));
            read += more > 0 ? more : throw new EndOfStreamException("The runtime hung up.");
        }

        return answer[16] == 0xff && answer[17] == 0x00 ? answer[20..] : throw new InvalidOperationException("The runtime refused the diagnostics command.");
    }
}
