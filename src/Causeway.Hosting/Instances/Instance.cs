using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>This process as an instance of a service: it holds the lock of its data directory and keeps its record there.</summary>
internal sealed class Instance : IDisposable
{
    private readonly InstanceLock _lock;
    private readonly string _path;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private InstanceRecord _record;
    private bool _disposed;

    /// <summary>Writes the record.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public Instance(InstanceLock held, string directory, InstanceRecord record, ILogger logger)
    {
        _lock = held;
        _path = Path.Combine(directory, InstanceLock.RecordName);
        _record = record;
        _logger = logger;
        _record.Write(_path);
    }

    /// <summary>Says where the instance is in its life.</summary>
    /// <param name="change">Gets the record as it is.</param>
    public void Update(Func<InstanceRecord, InstanceRecord> change)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _record = change(_record);
            try
            {
                _record.Write(_path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The service runs on: the next instance then waits by what the record said before.
                _logger.InstanceRecordNotWritten(_path, exception);
            }
        }
    }

    /// <summary>Removes the record, then lets go of the lock.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            try
            {
                File.Delete(_path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _logger.InstanceRecordNotWritten(_path, exception);
            }

            _lock.Dispose();
        }
    }
}
