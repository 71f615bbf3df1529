namespace Causeway.Hosting.Tests.Ports;

/// <summary>A1: the kernel's table of sockets, as it is on a little-endian machine.</summary>
public sealed class TcpTableTests
{
    private const string Tail = " 00000000:00000000 00:00000000 00000000  1000        0 123456 1 0000000000000000 100 0 0 10 0";

    [Theory]
    [InlineData("0100007F:1F90 00000000:0000 0A", "127.0.0.1:8080", "0.0.0.0:0", "LISTEN", true)]
    [InlineData("0100007F:1F90 0200000A:01BB 01", "127.0.0.1:8080", "10.0.0.2:443", "ESTABLISHED", false)]
    [InlineData("00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A", "[::]:8080", "[::]:0", "LISTEN", true)]
    [InlineData("00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 08", "[::1]:8080", "[::]:0", "CLOSE_WAIT", false)]
    public void Parse_Row_HasBothEndsStateUserAndInode(string ends, string local, string remote, string state, bool isListening)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Assert.Skip("The rows are those of a little-endian machine.");
        }

        var socket = TcpTable.Parse($"   0: {ends}{Tail}", ":1F90");

        Assert.NotNull(socket);
        Assert.Equal((local, remote), (socket.Local.ToString(), socket.Remote.ToString()));
        Assert.Equal((state, isListening), (socket.StateName, socket.IsListening));
        Assert.Equal((1000u, 123456ul), (socket.UserId, socket.Inode));
    }

    [Theory]
    [InlineData("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode")]
    [InlineData("   0: 0100007F:1F91 00000000:0000 0A" + Tail)]
    [InlineData("   0: 0100007F:1F90 0200000A:01BB 06" + Tail)]
    [InlineData("   0: 7F:1F90 00000000:0000 0A" + Tail)]
    [InlineData("   0: 010000ZZ:1F90 00000000:0000 0A" + Tail)]
    [InlineData("   0: 0100007F:1F90 00000000:0000 0A")]
    [InlineData("")]
    public void Parse_HeadingOtherPortTimeWaitOrNonsense_IsNothing(string line) => Assert.Null(TcpTable.Parse(line, ":1F90"));
}
