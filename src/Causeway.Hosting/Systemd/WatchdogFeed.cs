using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>
/// Gives the service manager's watchdog a sign of life while the service deserves it. The check runs through the thread pool, asked by a thread of its own:
/// a pool that no longer takes work gives no sign, and the manager restarts the service.
/// </summary>
internal sealed class WatchdogFeed : IDisposable
{
    private const int SignsPerPeriod = 3;

    private readonly Func<bool> _isWell;
    private readonly Action _feed;
    private readonly ILogger _logger;
    private readonly TimeSpan _interval;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private int _checking;

    public WatchdogFeed(TimeSpan period, Func<bool> isWell, Action feed, ILogger logger)
    {
        (_isWell, _feed, _logger, _interval) = (isWell, feed, logger, period / SignsPerPeriod);
        _thread = new Thread(Run) { IsBackground = true, Name = "Causeway watchdog" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        do
        {
            // One at a time: checks must not pile up before a pool that stands still.
            if (Interlocked.Exchange(ref _checking, 1) == 0)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static feed => feed.Check(), this, preferLocal: false);
            }
            else
            {
                _logger.WatchdogNotFed("the thread pool takes no work");
            }
        }
        while (!_stop.Wait(_interval));
    }

    private void Check()
    {
        try
        {
            if (_isWell())
            {
                _feed();
            }
            else
            {
                _logger.WatchdogNotFed("a critical loop hangs");
            }
        }
        finally
        {
            Volatile.Write(ref _checking, 0);
        }
    }
}
