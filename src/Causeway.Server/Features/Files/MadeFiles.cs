using System.IO.Pipelines;
using System.Security.Cryptography;
using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Begins files that the service itself makes for somebody.</summary>
internal sealed class MadeFiles(UploadDirectory directory, FileStore files, ServerSettings settings, TimeProvider time, ILogger<FileUploads> logger)
{
    /// <summary>Begins a file. Unless it is stored, disposing it leaves nothing.</summary>
    /// <param name="id">Its id; of several that are begun under it one is stored.</param>
    /// <param name="owner">Whose it is to be, and whose quota it needs; whoever has no account has none.</param>
    public MadeFile Begin(string id, Caller owner) => new(id, FileAccess.OwnerOf(owner), owner.UserId is not null, directory.Begin(), files, settings.Files, time, logger);

    /// <summary>The same for a small one that no quota is to keep out; it counts against it all the same.</summary>
    public MadeFile BeginWithoutQuota(string id, Caller owner) => new(id, FileAccess.OwnerOf(owner), hasQuota: false, directory.Begin(), files, settings.Files, time, logger);
}

/// <summary>A file that the service makes: its bytes as they come, then the row and its place together.</summary>
internal sealed class MadeFile : IAsyncDisposable
{
    /// <summary>How much is set aside at a time.</summary>
    private const long QuotaStep = 8_388_608;

    private readonly string _id;
    private readonly string _owner;
    private readonly bool _hasQuota;
    private readonly IncomingFile _incoming;
    private readonly FileStore _files;
    private readonly FilesOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytes;
    private long _granted;
    private bool _isStored;

    public MadeFile(string id, string owner, bool hasQuota, IncomingFile incoming, FileStore files, FilesOptions options, TimeProvider time, ILogger logger)
    {
        (_id, _owner, _hasQuota, _incoming, _files, _options, _time, _logger) = (id, owner, hasQuota, incoming, files, options, time, logger);
        Output = PipeWriter.Create(new Content(this), new StreamPipeWriterOptions(leaveOpen: true));
    }

    /// <summary>Takes the bytes. A flush throws <see cref="FileQuotaException"/> where the owner has no room for more.</summary>
    public PipeWriter Output { get; }

    /// <summary>Brings all bytes to the disk.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="contentType">Its media type.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Its row, to be stored.</returns>
    /// <exception cref="FileQuotaException">The owner has no room for it.</exception>
    public async Task<FileRow> FinishAsync(string name, string contentType, CancellationToken cancellationToken)
    {
        await Output.FlushAsync(cancellationToken);
        _incoming.Sync();
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return new FileRow
        {
            Id = _id,
            OwnerId = _owner,
            Name = name,
            ContentType = contentType,
            Size = _bytes,
            Sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset()),
            CreatedAt = now,
            UpdatedAt = now,
            Version = 1,
        };
    }

    /// <summary>Stores it, the last thing that its transaction does: bytes without a row, where the commit fails, are taken by the next try or by the sweep.</summary>
    /// <exception cref="UniqueViolationException">There is a file of this id.</exception>
    public async Task StoreAsync(UnitOfWork unit, FileRow row, CancellationToken cancellationToken)
    {
        await FileStore.AddAsync(unit, row, _id, cancellationToken);
        _incoming.Commit(_id);
        unit.OnCommitted(() => _isStored = true);
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _incoming.DisposeAsync();
        if (_isStored || !_hasQuota)
        {
            return;
        }

        try
        {
            await _files.ReleaseAsync(_id);
        }
        catch (DatabaseUnavailableException exception)
        {
            _logger.ReservationLeft(exception, _id);
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var after = _bytes + bytes.Length;
        if (_hasQuota && after > _granted)
        {
            _granted = await _files.ReserveAsync(_id, _owner, after + QuotaStep, _options.QuotaBytesPerUser, _options.ReservationTime, cancellationToken);
            if (after > _granted)
            {
                throw new FileQuotaException();
            }
        }

        _hash.AppendData(bytes.Span);
        await _incoming.Content.WriteAsync(bytes, cancellationToken);
        _bytes = after;
    }

    /// <summary>What the pipe writes to.</summary>
    private sealed class Content(MadeFile file) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => file.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            file.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

/// <summary>A user's files come to their quota.</summary>
internal sealed class FileQuotaException : Exception;
