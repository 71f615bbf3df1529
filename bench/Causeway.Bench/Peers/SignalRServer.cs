using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Bench.Peers;

/// <summary>ASP.NET Core SignalR as its documentation recommends: a hub, a group, the JSON protocol.</summary>
internal static class SignalRServer
{
    public static Task ServeAsync(int port)
    {
        var builder = KestrelPeer.CreateBuilder(port);

        // The load generator does not send SignalR's own pings; no connection may be dropped for that during a run.
        builder.Services.AddSignalR(static options => options.ClientTimeoutInterval = TimeSpan.FromMinutes(10));
        var app = builder.Build();
        app.MapHub<RoomHub>("/hub");
        return app.RunAsync();
    }

    internal sealed record Message(string Mark, string Text);

    internal sealed class RoomHub : Hub
    {
        public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

        public Task Publish(string room, Message message) => Clients.Group(room).SendAsync("message", message);

        [SuppressMessage("Performance", "CA1822", Justification = "SignalR calls instance methods only.")]
        public void Ping(Message message) => ArgumentNullException.ThrowIfNull(message);
    }
}
