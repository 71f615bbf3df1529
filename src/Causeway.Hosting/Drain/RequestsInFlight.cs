namespace Causeway.Hosting;

/// <summary>Knows which requests are being answered, so that a drain can wait for them and name those it cut. Safe for use by several threads.</summary>
internal sealed class RequestsInFlight(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Request> _requests = [];

    public Request Enter(string method, string path)
    {
        var request = new Request(method, path, time.GetTimestamp());
        lock (_gate)
        {
            request.Place = _requests.AddLast(request);
        }

        return request;
    }

    public void Leave(Request request)
    {
        lock (_gate)
        {
            _requests.Remove(request.Place!);
            if (request.Wait is { } wait && --wait.Left == 0)
            {
                wait.Over.TrySetResult();
            }
        }
    }

    /// <summary>Waits for those that are in flight now; newcomers are not waited for, or a busy service would never end.</summary>
    /// <param name="context">Hears how many there were, and which were still running at the end.</param>
    /// <param name="cancellationToken">The end of the phase.</param>
    /// <exception cref="OperationCanceledException">Some were still running.</exception>
    public async Task DrainAsync(DrainContext context, CancellationToken cancellationToken)
    {
        Wait wait;
        int count;
        lock (_gate)
        {
            count = _requests.Count;
            wait = new Wait { Left = count };
            foreach (var request in _requests)
            {
                request.Wait = wait;
            }
        }

        if (count == 0)
        {
            return;
        }

        try
        {
            await wait.Over.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            context.Report(count == 1 ? "1 request finished" : $"{count} requests finished");
        }
        catch (OperationCanceledException)
        {
            var late = Late(wait);
            if (count > late.Count)
            {
                context.Report($"{count - late.Count} of {count} requests finished");
            }

            late.ForEach(context.Report);
            throw;
        }
    }

    private List<string> Late(Wait wait)
    {
        lock (_gate)
        {
            return [.. _requests.Where(request => request.Wait == wait).Select(request => string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"still running: {request.Method} {request.Path} for {time.GetElapsedTime(request.StartedAt).TotalSeconds:0.0} s"))];
        }
    }

    /// <summary>One request.</summary>
    internal sealed record Request(string Method, string Path, long StartedAt)
    {
        public LinkedListNode<Request>? Place { get; set; }

        public Wait? Wait { get; set; }
    }

    /// <summary>Those that a drain waits for.</summary>
    internal sealed class Wait
    {
        public int Left { get; set; }

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
