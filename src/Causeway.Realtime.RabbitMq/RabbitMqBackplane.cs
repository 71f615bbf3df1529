using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.RabbitMq;

/// <summary>
/// Carries items over a topic exchange: each node has a queue of its own, which ends with its connection, and hears the shards that it has rooms of. What a node could not send, or does not know to have been taken, it tells the others
/// when it can again; what the broker dropped for a node, that node sees by the numbers.
/// </summary>
internal sealed class RabbitMqBackplane : IBackplane, IDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    private readonly RabbitMqBackplaneOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Outbox _outbox = new();
    private readonly Interests _interests;
    private readonly CancellationTokenSource _stop = new();
    private readonly ulong _node = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly string _broker;
    private Task _running = Task.CompletedTask;
    private string? _saidInVain;

    public RabbitMqBackplane(RabbitMqBackplaneOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _interests = new Interests(time);
        _broker = new Uri(options.Url).GetComponents(UriComponents.HostAndPort, UriFormat.Unescaped);
    }

    public void Start(IBackplaneReceiver receiver) => _running = Task.Run(() => RunAsync(receiver, _stop.Token));

    public void Send(RoomId? room, ReadOnlyMemory<byte> item) => _outbox.Add(room is null ? Shards.All : Shards.Of(room), item.Span);

    public ValueTask FollowAsync(RoomId room) => _interests.FollowAsync(Shards.Of(room));

    public void Unfollow(RoomId room) => _interests.Unfollow(Shards.Of(room));

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _outbox.End();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Cancel();

    private async Task RunAsync(IBackplaneReceiver receiver, CancellationToken stop)
    {
        var wait = FirstRetry;
        for (uint number = 1; !_outbox.IsEnding && !stop.IsCancellationRequested; number++)
        {
            try
            {
                var session = await Session.OpenAsync(_options, _outbox, _interests, receiver, _node, number, _time, _logger, stop).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    (wait, _saidInVain) = (FirstRetry, null);
                    await CarryAsync(session, receiver, stop).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                NotReached(exception);
            }
            catch (Exception)
            {
                return;
            }

            if (!_outbox.IsEnding)
            {
                await Task.Delay(wait, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                wait = wait * 2 < LastRetry ? wait * 2 : LastRetry;
            }
        }
    }

    private async Task CarryAsync(Session session, IBackplaneReceiver receiver, CancellationToken stop)
    {
        _logger.BrokerConnected(_broker);
        receiver.Restored();
        try
        {
            await session.RunAsync(stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            if (!session.IsHeldUp)
            {
                receiver.Interrupted();
            }

            _logger.BrokerLost(_broker, exception);
        }
    }

    /// <summary>Says it once, and once more when the cause is another one.</summary>
    private void NotReached(Exception exception)
    {
        var untrusted = BrokerNotTrustedException.In(exception);
        var isNew = _saidInVain != (_saidInVain = untrusted?.Message ?? "");
        if (!isNew)
        {
            _logger.BrokerStillNotReached(_broker, exception);
        }
        else if (untrusted is not null)
        {
            _logger.BrokerNotTrusted(_broker, untrusted);
        }
        else
        {
            _logger.BrokerNotReached(_broker, exception);
        }
    }
}
