using System.Net.Security;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Causeway.Realtime.RabbitMq;

/// <summary>
/// Two connections to the broker, one to send and one to hear: a broker that is short of memory stops reading from those who send. When either fails, or does not carry within seconds, both end, and a new session begins with nothing
/// assumed; the client's own recovery would leave open what was lost between.
/// </summary>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>What the broker sends ahead; so many are acknowledged at once a quarter of it.</summary>
    private const ushort Prefetch = 400;

    /// <summary>How long the broker may take for anything, and the line be silent, on which a probe comes every second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>For the broker to find out that this process is gone; that the broker is gone is found out by <see cref="Patience"/>.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan TickTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(1);

    private readonly Outbox _outbox;
    private readonly Interests _interests;
    private readonly IBackplaneReceiver _receiver;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Confirms _confirms;
    private readonly Listener _listener;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IConnection? _sending;
    private IConnection? _hearing;
    private IChannel _out = null!;
    private IChannel _in = null!;
    private Publisher _publisher = null!;
    private string _exchange = "";
    private string _queue = "";

    private readonly Lock _gate = new();
    private ShardSet _refused = new();
    private bool _isRefusing;
    private long? _blockedAt;
    private bool _isHeldUp;
    private bool _isOver;

    private Session(Outbox outbox, Interests interests, IBackplaneReceiver receiver, ulong node, TimeProvider time, ILogger logger)
    {
        (_outbox, _interests, _receiver, _time, _logger) = (outbox, interests, receiver, time, logger);
        _confirms = new Confirms(time);
        _listener = new Listener(receiver, node, time, logger);
    }

    /// <summary>Connects, and hears everything that this node has an interest in when it returns.</summary>
    public static async Task<Session> OpenAsync(
        RabbitMqBackplaneOptions options, Outbox outbox, Interests interests, IBackplaneReceiver receiver, ulong node, uint number, TimeProvider time, ILogger logger, CancellationToken stop)
    {
        var session = new Session(outbox, interests, receiver, node, time, logger);
        try
        {
            using var patience = new CancellationTokenSource(4 * Patience, time);
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
            await session.ConnectAsync(options, giveUp.Token).ConfigureAwait(false);
            await session.HearAsync(options, giveUp.Token).ConfigureAwait(false);
            session._publisher = new Publisher(session._out, options.Exchange, session._queue, outbox, session._confirms, node, number);
            outbox.Open();
            session._listener.Begin();
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the receiver knows already that nothing is carried; settled once <see cref="RunAsync"/> has ended.</summary>
    public bool IsHeldUp => Volatile.Read(ref _isHeldUp);

    /// <summary>Carries until what waits was the last, or something fails.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] work = [_publisher.RunAsync(over.Token), BindAsync(over.Token), WatchAsync(over.Token)];
        try
        {
            await (await Task.WhenAny([.. work, _failed.Task]).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _isOver = true;
            }

            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(work).WaitAsync(CloseTime, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _interests.End();
        _outbox.Close();
        _outbox.AddLost(_confirms.RemoveAll());
        _outbox.AddLost(_refused);

        // A line that is cut answers nothing: its end is not waited for any longer than that.
        await Task.WhenAll(CloseAsync(_sending), CloseAsync(_hearing)).WaitAsync(2 * CloseTime, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task CloseAsync(IConnection? connection)
    {
        if (connection is not null)
        {
            await connection.AbortAsync(CloseTime).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ConnectAsync(RabbitMqBackplaneOptions options, CancellationToken cancellationToken)
    {
        var url = new Uri(options.Url);
        var factory = new ConnectionFactory
        {
            Uri = url,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = Heartbeat,
            RequestedConnectionTimeout = Patience,
            HandshakeContinuationTimeout = Patience,
            ContinuationTimeout = Patience,
            SocketReadTimeout = Heartbeat,
            SocketWriteTimeout = Heartbeat,
        };
        if (factory.Ssl.Enabled)
        {
            // The client would take a certificate of another host.
            factory.Ssl.ServerName = url.IdnHost;
            factory.Ssl.AcceptablePolicyErrors = SslPolicyErrors.None;
            factory.Ssl.CertificateValidationCallback = (_, certificate, chain, problems) =>
                problems == SslPolicyErrors.None ? true : throw new BrokerNotTrustedException(BrokerNotTrustedException.Describe(url.IdnHost, certificate, chain, problems));
        }

        var name = $"causeway {Environment.MachineName}-{Environment.ProcessId}";
        _hearing = await factory.CreateConnectionAsync($"{name}, hearing", cancellationToken).ConfigureAwait(false);
        _sending = await factory.CreateConnectionAsync($"{name}, sending", cancellationToken).ConfigureAwait(false);
        _hearing.ConnectionShutdownAsync += FailedAsync;
        _sending.ConnectionShutdownAsync += FailedAsync;
        _sending.ConnectionBlockedAsync += (_, blocked) => SetBlockedAsync(blocked.Reason);
        _sending.ConnectionUnblockedAsync += (_, _) => SetBlockedAsync(null);
        _in = await _hearing.CreateChannelAsync(new CreateChannelOptions(false, false, consumerDispatchConcurrency: 1), cancellationToken).ConfigureAwait(false);
        _out = await _sending.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancellationToken).ConfigureAwait(false);
        _in.ChannelShutdownAsync += FailedAsync;
        _out.ChannelShutdownAsync += FailedAsync;
        _out.BasicAcksAsync += (_, ack) =>
        {
            _confirms.Remove(ack.DeliveryTag, ack.Multiple);
            return Task.CompletedTask;
        };
        _out.BasicNacksAsync += (_, nack) =>
        {
            var lost = new ShardSet();
            _confirms.Remove(nack.DeliveryTag, nack.Multiple, lost);
            lock (_gate)
            {
                _refused.Add(lost);
            }

            return Task.CompletedTask;
        };
    }

    private async Task HearAsync(RabbitMqBackplaneOptions options, CancellationToken cancellationToken)
    {
        _exchange = options.Exchange;
        await _in.ExchangeDeclareAsync(_exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken).ConfigureAwait(false);
        var declared = await _in.QueueDeclareAsync(
            "", durable: false, exclusive: true, autoDelete: true, new Dictionary<string, object?> { ["x-max-length-bytes"] = options.MaxQueueBytes, ["x-overflow"] = "drop-head" }, cancellationToken: cancellationToken).ConfigureAwait(false);
        _queue = declared.QueueName;
        await _in.QueueBindAsync(_queue, _exchange, Shards.KeyOf(Shards.All), cancellationToken: cancellationToken).ConfigureAwait(false);
        await BindAsync(_interests.Begin(), cancellationToken).ConfigureAwait(false);
        await _in.BasicQosAsync(0, Prefetch, global: false, cancellationToken).ConfigureAwait(false);
        await _in.BasicConsumeAsync(_queue, autoAck: false, new Consumer(_in, _listener, this), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Binds and unbinds the queue as rooms are opened and let go.</summary>
    private async Task BindAsync(CancellationToken stop)
    {
        while (true)
        {
            await _interests.WaitAsync(stop).ConfigureAwait(false);
            var (wanted, unwanted) = _interests.TakeChanges();
            foreach (var shard in unwanted)
            {
                await _in.QueueUnbindAsync(_queue, _exchange, Shards.KeyOf(shard), cancellationToken: stop).ConfigureAwait(false);
            }

            _listener.Forget([.. unwanted, .. wanted]);
            await BindAsync(wanted, stop).ConfigureAwait(false);
        }
    }

    private async Task BindAsync(List<int> shards, CancellationToken cancellationToken)
    {
        // The broker does one after the other: when it has done the last, it has done all.
        for (var i = 0; i < shards.Count; i++)
        {
            await _in.QueueBindAsync(_queue, _exchange, Shards.KeyOf(shards[i]), noWait: i < shards.Count - 1, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        if (_interests.Bound(shards) is { IsEmpty: false } late)
        {
            _receiver.Missed(room => late.Contains(Shards.Of(room)));
        }
    }

    /// <summary>Ends the session when the broker is there and carries nothing.</summary>
    private async Task WatchAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TickTime, _time);
        while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
        {
            // While the broker takes nothing, no probe comes either; then the heartbeat has to do.
            if (IsBlocked())
            {
                if (IsHeldUp && _outbox.IsEnding)
                {
                    return;
                }

                continue;
            }

            TellRefused();
            _publisher.Tick();
            if (_listener.Silence > Patience || _confirms.Silence > Patience)
            {
                throw new TimeoutException("The broker did not answer in time.");
            }
        }
    }

    private Task FailedAsync(object sender, ShutdownEventArgs reason)
    {
        _failed.TrySetException(new AlreadyClosedException(reason));
        return Task.CompletedTask;
    }

    /// <summary>Whether the broker takes nothing. When that is so for longer, it carries nothing for anybody: then nothing is kept for it any more, and everybody reads from the stores.</summary>
    private bool IsBlocked()
    {
        lock (_gate)
        {
            if (_blockedAt is { } since && !_isHeldUp && !_isOver && _time.GetElapsedTime(since) > Patience)
            {
                _isHeldUp = true;
                _outbox.Close();
                _receiver.Interrupted();
            }

            return _blockedAt is not null;
        }
    }

    /// <summary>Has the others told what the broker has refused; once a second, for the broker may refuse that as well.</summary>
    private void TellRefused()
    {
        ShardSet refused;
        lock (_gate)
        {
            (refused, _refused) = (_refused, new ShardSet());
        }

        var (isRefusing, wasRefusing) = (!refused.IsEmpty, _isRefusing);
        _isRefusing = isRefusing;
        if (isRefusing)
        {
            _outbox.AddLost(refused);
        }

        if (isRefusing && !wasRefusing)
        {
            _logger.FramesRefused();
        }
        else if (wasRefusing && !isRefusing)
        {
            _logger.BrokerUnblocked();
        }
    }

    private Task SetBlockedAsync(string? reason)
    {
        if (reason is not null)
        {
            _logger.BrokerBlocked(reason);
        }
        else
        {
            _logger.BrokerUnblocked();
        }

        lock (_gate)
        {
            if (reason is not null)
            {
                _blockedAt ??= _time.GetTimestamp();
            }
            else if (!_isOver)
            {
                Unblock();
            }
        }

        return Task.CompletedTask;
    }

    private void Unblock()
    {
        // What it owes is due from now on.
        _listener.Begin();
        _confirms.Begin();
        _blockedAt = null;
        if (_isHeldUp)
        {
            _isHeldUp = false;
            _outbox.Open();
            _receiver.Restored();
        }
        else
        {
            // A node that has ended meanwhile has not told what it stored last.
            _receiver.Missed(static _ => true);
        }
    }

    private sealed class Consumer(IChannel channel, Listener listener, Session session) : AsyncDefaultBasicConsumer(channel)
    {
        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            listener.Take(body.Span);
            if (deliveryTag % (Prefetch / 4) == 0)
            {
                await Channel.BasicAckAsync(deliveryTag, multiple: true, cancellationToken).ConfigureAwait(false);
            }
        }

        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            session._failed.TrySetException(new InvalidOperationException("The broker has taken the queue away."));
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }
    }
}
