using System.Net;
using System.Net.Sockets;

namespace Causeway.Hosting;

/// <summary>A listening socket that a service manager opened and handed over; it outlives this process, and the kernel keeps those who connect meanwhile.</summary>
public sealed class ActivatedSocket
{
    internal ActivatedSocket(string name, Socket socket)
    {
        Name = name;
        Socket = socket;
        Url = "http://" + AddressOf(socket.LocalEndPoint);
    }

    /// <summary>What the manager calls it (<c>FileDescriptorName=</c>); empty where it gave no name.</summary>
    public string Name { get; }

    /// <summary>Where it really listens, whatever the configuration says, as in <c>http://0.0.0.0:8080</c> or <c>http://unix:/run/causeway.sock</c>.</summary>
    public string Url { get; }

    internal Socket Socket { get; }

    private static string AddressOf(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint { Address: { IsIPv4MappedToIPv6: true } mapped, Port: var port } => new IPEndPoint(mapped.MapToIPv4(), port).ToString(),
        IPEndPoint ip => ip.ToString(),
        _ => "unix:" + endPoint,
    };
}
