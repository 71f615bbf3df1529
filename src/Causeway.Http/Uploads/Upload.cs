using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>One file in a request's body, alone (raw) or as a part of <c>multipart/form-data</c>, taken as it comes and never held whole in memory.</summary>
/// <remarks>
/// First <see cref="OpenAsync"/>, which reads up to the file and no further; then <see cref="CopyToAsync"/>. In a form the file's field must be the last
/// one. What is sent of <c>Content-Digest</c> and <c>Repr-Digest</c>, of the request or of the part, must be true.
/// </remarks>
public sealed class Upload : IAsyncDisposable
{
    private const int ChunkBytes = 131_072;
    private const int MaxFields = 20;
    private const int MaxFieldBytes = 8_192;

    /// <summary>How much is set aside at a time for an upload that doesn't say its length.</summary>
    private const long QuotaStep = 8_388_608;

    private readonly UploadLimits _limits;
    private readonly UploadBody _body;
    private readonly ContentDigests _bodyDigests;
    private readonly ContentDigests _fileDigests = new();
    private readonly MultipartReader? _form;
    private Stream _content;

    private Upload(UploadLimits limits, UploadBody body, ContentDigests digests, MultipartReader? form) =>
        (_limits, _body, _bodyDigests, _form, _content) = (limits, body, digests, form, body);

    /// <summary>The file's name as the client said it, which is for people and is no path; null where it said none.</summary>
    public string? FileName { get; private set; }

    /// <summary>The type that the client said, normalised; null where it said none.</summary>
    public string? DeclaredType { get; private set; }

    /// <summary>Bytes of the file, or a little more where it is part of a form; null where the client doesn't say.</summary>
    public long? Length { get; private set; }

    /// <summary>The form's other fields, as far as they stood before the file.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Reads up to the file.</summary>
    /// <param name="context">The request. Its name may also stand in <c>Content-Disposition</c>.</param>
    /// <param name="limits">What the upload may be.</param>
    /// <param name="time">Measures the client.</param>
    /// <exception cref="ApiErrorException">
    /// 400: no well-formed form or digest, or no file in it; 408: too slow; 413: a <c>Content-Length</c> over the limit; 415: a coding, or a type that is not taken.
    /// </exception>
    public static async Task<Upload> OpenAsync(HttpContext context, UploadLimits limits, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(time);
        var headers = context.Request.Headers;
        if (headers.ContentEncoding.Count > 0 && !string.Equals(headers.ContentEncoding, "identity", StringComparison.OrdinalIgnoreCase))
        {
            throw Refusal(ErrorCode.UnsupportedMediaType, "Send the file as it is, without a Content-Encoding.");
        }

        var digests = new ContentDigests();
        Expect(digests, ContentDigests.ContentDigest, headers[ContentDigests.ContentDigest]);
        Expect(digests, ContentDigests.ReprDigest, headers[ContentDigests.ReprDigest]);
        var body = new UploadBody(context, limits, digests, time);
        try
        {
            return IsForm(context.Request.ContentType, out var boundary)
                ? await OpenFormAsync(context, limits, body, digests, boundary).ConfigureAwait(false)
                : OpenRaw(context, limits, body, digests);
        }
        catch
        {
            await body.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes the file: checks its type by its first bytes before any of them is written, then its size, its quota and its digests as it comes.</summary>
    /// <param name="target">Where it is written; on an exception it holds a part that is worth nothing.</param>
    /// <param name="quota">Sets room aside before bytes are taken; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ApiErrorException">
    /// 400: the form ends too early; 408: too slow; 413: over the size limit or the quota; 415: another type than it says, or one that is not taken; 422: a
    /// digest that is not true, or something behind the file in its form.
    /// </exception>
    /// <exception cref="IOException">The target can't be written.</exception>
    public async Task<UploadedFile> CopyToAsync(Stream target, UploadQuota? quota, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var granted = quota is null ? long.MaxValue : await ReserveAsync(quota, Length ?? QuotaStep, Length, cancellationToken).ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var bytes = 0L;
            string? type = null;
            var tail = new Tail();
            while (true)
            {
                var read = await FillAsync(chunk, cancellationToken).ConfigureAwait(false);
                if (type is null)
                {
                    type = Decide(chunk.AsSpan(0, read));
                }
                else if (FileTypes.IsText(type) && chunk.AsSpan(0, read).Contains((byte)0))
                {
                    throw Refusal(ErrorCode.UnsupportedMediaType, $"The content is not {type}: it has bytes that no text has.");
                }

                if (read == 0)
                {
                    break;
                }

                bytes += read;
                if (bytes > _limits.MaxBytes)
                {
                    throw TooLarge(_limits);
                }

                if (bytes > granted)
                {
                    granted = await ReserveAsync(quota!, bytes + QuotaStep, bytes, cancellationToken).ConfigureAwait(false);
                }

                hash.AppendData(chunk, 0, read);
                _fileDigests.Append(chunk.AsSpan(0, read));
                tail.Append(chunk.AsSpan(0, read));
                await target.WriteAsync(chunk.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            if (FileTypes.HidesArchive(type, tail.Bytes))
            {
                throw Refusal(ErrorCode.UnsupportedMediaType, $"The content is {type} and an archive at once.");
            }

            await EndAsync(cancellationToken).ConfigureAwait(false);
            return new UploadedFile(bytes, type, hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>The file as a stream that is read once, for content that is worked through and not kept. It refuses what <see cref="CopyToAsync"/> does, each thing when it comes to it; the digests at the end.</summary>
    public Stream OpenRead() => new Content(this);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _body.DisposeAsync();

    private static bool IsForm(string? contentType, out string boundary)
    {
        boundary = "";
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= 70
            ? true
            : throw Refusal(ErrorCode.InvalidMessage, "multipart/form-data needs a boundary of 1 to 70 characters.");
    }

    private static Upload OpenRaw(HttpContext context, UploadLimits limits, UploadBody body, ContentDigests digests)
    {
        var request = context.Request;
        if (request.ContentLength > limits.MaxBytes)
        {
            throw TooLarge(limits);
        }

        return new Upload(limits, body, digests, form: null)
        {
            FileName = ContentDisposition.FileNameOf(request.Headers.ContentDisposition),
            DeclaredType = TypeOf(request.ContentType, limits),
            Length = request.ContentLength,
        };
    }

    private static async Task<Upload> OpenFormAsync(HttpContext context, UploadLimits limits, UploadBody body, ContentDigests digests, string boundary)
    {
        var reader = new MultipartReader(boundary, body);
        var upload = new Upload(limits, body, digests, reader);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await upload.NextAsync(context.RequestAborted).ConfigureAwait(false) is { } section)
        {
            if (section.GetContentDispositionHeader() is not { } disposition || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
            {
                throw Refusal(ErrorCode.InvalidMessage, "Each part of a form needs a Content-Disposition: form-data with a name.");
            }

            if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue)
            {
                upload.FileName = ContentDisposition.FileNameOf(section.ContentDisposition);
                upload.DeclaredType = TypeOf(section.ContentType, limits);
                upload.Fields = fields;
                upload._content = section.Body;

                // The form is a little larger than its file.
                upload.Length = context.Request.ContentLength is { } length ? Math.Min(length, limits.MaxBytes) : null;
                Expect(upload._fileDigests, ContentDigests.ContentDigest, section.Headers?.GetValueOrDefault(ContentDigests.ContentDigest) ?? default);
                Expect(upload._fileDigests, ContentDigests.ReprDigest, section.Headers?.GetValueOrDefault(ContentDigests.ReprDigest) ?? default);
                return upload;
            }

            var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
            if (fields.Count == MaxFields || !fields.TryAdd(name, await ReadFieldAsync(upload, section.Body, context.RequestAborted).ConfigureAwait(false)))
            {
                throw Refusal(ErrorCode.InvalidMessage, $"A form has at most {MaxFields} fields before its file, each once.");
            }
        }

        throw Refusal(ErrorCode.InvalidMessage, "The form has no file: one part needs a filename.");
    }

    private static async Task<string> ReadFieldAsync(Upload upload, Stream body, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxFieldBytes + 1];
        var length = 0;
        int read;
        do
        {
            read = await upload.ReadAsync(body, bytes.AsMemory(length), cancellationToken).ConfigureAwait(false);
            length += read;
        }
        while (read > 0 && length < bytes.Length);
        return length <= MaxFieldBytes
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new ApiErrorException(new ApiError(ErrorCode.PayloadTooLarge, "A field of the form is too large.") { Details = new() { ["limit_bytes"] = MaxFieldBytes } });
    }

    private static string? TypeOf(string? contentType, UploadLimits limits)
    {
        if (string.IsNullOrWhiteSpace(contentType))
        {
            return null;
        }

        var type = FileTypes.Normalize(contentType);

        // The form that curl sends a raw body with unless told otherwise; no file is of it.
        return type is FileTypes.Unknown or "application/x-www-form-urlencoded" ? null : limits.Allows(type) ? type : throw NotTaken(type, limits);
    }

    private static void Expect(ContentDigests digests, string header, Microsoft.Extensions.Primitives.StringValues values)
    {
        if (values.Count > 0 && !digests.TryExpect(header, values))
        {
            throw new ApiErrorException(new ApiError(ErrorCode.InvalidMessage, $"{header} must have the form sha-256=:BASE64: (RFC 9530).") { Details = new() { ["header"] = header } });
        }
    }

    private static async ValueTask<long> ReserveAsync(UploadQuota quota, long wanted, long? needed, CancellationToken cancellationToken)
    {
        var granted = await quota(wanted, cancellationToken).ConfigureAwait(false);
        return granted >= (needed ?? 1)
            ? granted
            : throw new ApiErrorException(new ApiError(ErrorCode.PayloadTooLarge, "The quota has no room for this file.") { Details = new() { ["available_bytes"] = Math.Max(0, granted) } });
    }

    private string Decide(ReadOnlySpan<byte> start)
    {
        var (type, objection) = FileTypes.Decide(start[..Math.Min(start.Length, FileTypes.HeadBytes)], DeclaredType, FileName);
        if (start.IsEmpty)
        {
            // Nothing is of any type; it is what it says.
            (type, objection) = (DeclaredType ?? FileTypes.Unknown, null);
        }

        if (objection is null && FileTypes.IsText(type) && start.Contains((byte)0))
        {
            objection = $"The content is not {type}: it has bytes that no text has.";
        }

        return objection is not null ? throw Refusal(ErrorCode.UnsupportedMediaType, objection)
            : start.IsEmpty || _limits.Allows(type) ? type
            : throw NotTaken(type, _limits);
    }

    /// <summary>Fills the chunk, so that the first one has all the bytes by which the type is told; less only at the end.</summary>
    private async ValueTask<int> FillAsync(byte[] chunk, CancellationToken cancellationToken)
    {
        var length = 0;
        int read;
        do
        {
            read = await ReadAsync(_content, chunk.AsMemory(length), cancellationToken).ConfigureAwait(false);
            length += read;
        }
        while (read > 0 && length < chunk.Length);
        return length;
    }

    private async ValueTask<int> ReadAsync(Stream source, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsMalformed(exception))
        {
            throw Malformed();
        }
    }

    private async Task<MultipartSection?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _form!.ReadNextSectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsMalformed(exception))
        {
            throw Malformed();
        }
    }

    /// <summary>The form's end, whatever stands behind it, and what was said of the bytes.</summary>
    private async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_form is not null)
        {
            if (await NextAsync(cancellationToken).ConfigureAwait(false) is not null)
            {
                throw Refusal(ErrorCode.ValidationError, "The file must be the last part of its form, and the only one.");
            }

            var rest = new byte[1_024];
            while (await ReadAsync(_body, rest, cancellationToken).ConfigureAwait(false) > 0)
            {
                // A digest of the request covers what stands behind the form, too.
            }
        }

        if ((_bodyDigests.FindMismatch() ?? _fileDigests.FindMismatch()) is var (header, actual))
        {
            throw new ApiErrorException(new ApiError(ErrorCode.ValidationError, $"The content is not what {header} says: bytes were lost or changed on the way.")
            {
                Details = new() { ["header"] = header, ["actual"] = actual },
            });
        }
    }

    /// <summary>The framework's reader of forms says so what it can't read; a refusal of the server's own is no such thing, nor is a broken connection.</summary>
    private bool IsMalformed(Exception exception) => _form is not null && exception is InvalidDataException or IOException and not BadHttpRequestException
        && exception is not Microsoft.AspNetCore.Connections.ConnectionResetException;

    private static ApiErrorException Malformed() => Refusal(ErrorCode.InvalidMessage, "The form is not well-formed, or it ends too early.");

    private static ApiErrorException TooLarge(UploadLimits limits) =>
        new(new ApiError(ErrorCode.PayloadTooLarge, "The file is too large.") { Details = new() { ["limit_bytes"] = limits.MaxBytes } });

    private static ApiErrorException NotTaken(string type, UploadLimits limits) => new(new ApiError(ErrorCode.UnsupportedMediaType, $"Files of the type {type} are not taken here.")
    {
        Details = new() { ["allowed_types"] = new System.Text.Json.Nodes.JsonArray([.. limits.AllowedTypes.Select(static allowed => System.Text.Json.Nodes.JsonValue.Create(allowed))]) },
    });

    private static ApiErrorException Refusal(ErrorCode code, string message) => new(new ApiError(code, message));

    /// <summary>The file, read by whoever works through it.</summary>
    private sealed class Content(Upload upload) : ForwardStream
    {
        private readonly byte[] _head = new byte[FileTypes.HeadBytes];
        private int _headLength;
        private int _headTaken;
        private long _bytes;
        private bool _isOpen;
        private bool _isEnded;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_isOpen)
            {
                _headLength = await upload.FillAsync(_head, cancellationToken).ConfigureAwait(false);
                upload.Decide(_head.AsSpan(0, _headLength));
                _isOpen = true;
            }

            int read;
            if (_headTaken < _headLength)
            {
                read = Math.Min(buffer.Length, _headLength - _headTaken);
                _head.AsMemory(_headTaken, read).CopyTo(buffer);
                _headTaken += read;
            }
            else
            {
                read = _isEnded ? 0 : await upload.ReadAsync(upload._content, buffer, cancellationToken).ConfigureAwait(false);
            }

            upload._fileDigests.Append(buffer.Span[..read]);
            if ((_bytes += read) > upload._limits.MaxBytes)
            {
                throw TooLarge(upload._limits);
            }

            if (read == 0 && buffer.Length > 0 && !_isEnded)
            {
                _isEnded = true;
                await upload.EndAsync(cancellationToken).ConfigureAwait(false);
            }

            return read;
        }
    }

    /// <summary>The last bytes of what went by.</summary>
    private sealed class Tail
    {
        private readonly byte[] _bytes = new byte[FileTypes.TailBytes];
        private int _length;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length >= _bytes.Length)
            {
                bytes[^_bytes.Length..].CopyTo(_bytes);
                _length = _bytes.Length;
                return;
            }

            var keep = Math.Min(_length, _bytes.Length - bytes.Length);
            _bytes.AsSpan(_length - keep, keep).CopyTo(_bytes);
            bytes.CopyTo(_bytes.AsSpan(keep));
            _length = keep + bytes.Length;
        }
    }
}
