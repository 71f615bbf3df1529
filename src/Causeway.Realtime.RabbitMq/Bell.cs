using System.Threading.Channels;

namespace Causeway.Realtime.RabbitMq;

/// <summary>Wakes the one who waits. Rung while nobody does, it wakes the next at once; rung several times, it wakes once.</summary>
internal sealed class Bell
{
    private readonly Channel<bool> _rung = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Ring() => _rung.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _rung.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
}
