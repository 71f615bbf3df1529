using System.IO.Compression;
using System.Security.Cryptography;
using Causeway.Http;
using Microsoft.Net.Http.Headers;

namespace Causeway.Server;

/// <summary>A file of the console in memory, plain and, from the first time that somebody wants it so, compressed. A browser asks each time whether its copy is still good, so that a new release shows at once.</summary>
internal sealed class SiteFile
{
    /// <summary>Smaller files fit a packet as they are.</summary>
    private const int ThresholdBytes = 1_024;

    private readonly string _contentType;
    private readonly Variant _plain;
    private readonly Lazy<Variant> _brotli;
    private readonly Lazy<Variant> _gzip;

    public SiteFile(byte[] content, string contentType)
    {
        _contentType = contentType;
        var hash = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12));
        _plain = new Variant(content, null, hash);
        _brotli = new(() => Compress("br", hash, static target => new BrotliStream(target, CompressionLevel.SmallestSize, leaveOpen: true)));
        _gzip = new(() => Compress("gzip", hash, static target => new GZipStream(target, CompressionLevel.SmallestSize, leaveOpen: true)));
    }

    public async Task Serve(HttpContext context)
    {
        if (context.Request.Path.Equals(ServerSettings.MovedConsolePath[..^1]))
        {
            // Routing takes both; what the page names relatively is found from one only.
            context.Response.Redirect(ServerSettings.MovedConsolePath);
            return;
        }

        var variant = AcceptEncoding.Parse(context.Request.Headers.AcceptEncoding).Preferred switch
        {
            "br" => _brotli.Value,
            "gzip" => _gzip.Value,
            _ => _plain,
        };
        var headers = context.Response.Headers;
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = SecurityHeadersOptions.OwnFilesOnly;
        headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        if (variant.Coding is not null)
        {
            headers.ContentEncoding = variant.Coding;
        }

        await TypedResults.Bytes(variant.Content, _contentType, entityTag: variant.Tag).ExecuteAsync(context);
        if (context.Response.StatusCode == StatusCodes.Status304NotModified)
        {
            // It describes a body, and there is none.
            headers.Remove(HeaderNames.ContentEncoding);
        }
    }

    /// <summary>The file under a coding; as it is where that does not make it smaller.</summary>
    private Variant Compress(string coding, string hash, Func<Stream, Stream> coderOf)
    {
        if (_plain.Content.Length < ThresholdBytes)
        {
            return _plain;
        }

        using var target = new MemoryStream();
        using (var coder = coderOf(target))
        {
            coder.Write(_plain.Content);
        }

        return target.Length < _plain.Content.Length ? new Variant(target.ToArray(), coding, $"{hash}-{coding}") : _plain;
    }

    private sealed class Variant(byte[] content, string? coding, string tag)
    {
        public byte[] Content { get; } = content;

        public string? Coding { get; } = coding;

        public EntityTagHeaderValue Tag { get; } = new($"\"{tag}\"");
    }
}
