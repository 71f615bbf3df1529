using System.Collections.Concurrent;
using System.Diagnostics;

namespace Causeway.Hosting;

/// <summary>
/// The one thread that starts children. The kernel kills a child with the <em>thread</em> that started it, not with the process, so this one
/// never ends while the process lives.
/// </summary>
internal static class Spawner
{
    private static readonly Lazy<BlockingCollection<Action>> Work = new(StartThread);

    /// <summary>Starts a process.</summary>
    public static Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Value.Add(() =>
        {
            var process = new Process { StartInfo = start };
            try
            {
                process.Start();
                started.SetResult(process);
            }
            catch (Exception exception)
            {
                process.Dispose();
                started.SetException(exception);
            }
        });
        return started.Task;
    }

    private static BlockingCollection<Action> StartThread()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in work.GetConsumingEnumerable())
            {
                start();
            }
        })
        {
            IsBackground = true,
            Name = "Causeway children",
        }.UnsafeStart();
        return work;
    }
}
