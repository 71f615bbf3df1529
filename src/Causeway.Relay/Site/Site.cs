using Causeway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Causeway.Relay;

/// <summary>Answers what no endpoint does: with a file, with the page for those who navigate, or with an error that says which it is.</summary>
internal sealed class Site
{
    private const string Index = "index.html";
    private const string NotFoundPage = "404.html";
    private const string Immutable = "public, max-age=31536000, immutable";
    private const string AskAgain = "no-cache";
    private const string AskAfterAMinute = "public, max-age=60, must-revalidate";

    private static readonly ApiError NotFound = new(ErrorCode.NotFound, "Nothing is at this path.");
    private static readonly ApiError ReadOnly = new(ErrorCode.MethodNotAllowed, "The path exists, but not with this method.") { Details = new() { ["allow"] = new System.Text.Json.Nodes.JsonArray("GET", "HEAD") } };
    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    private readonly SiteDirectory _directory;
    private readonly string _fallback;
    private readonly PathString[] _reserved;
    private readonly ContentTags _tags = new();
    private readonly ILogger _logger;

    /// <param name="directory">The full path.</param>
    /// <param name="options">Checked already.</param>
    /// <param name="logger">For what can't be served.</param>
    public Site(string directory, SiteOptions options, ILogger logger)
    {
        _directory = new SiteDirectory(directory, logger);
        _fallback = options.Fallback;
        _reserved = [.. SiteOptions.AlwaysReserved.Concat(options.Reserved).Select(static path => new PathString(path.TrimEnd('/')))];
        _logger = logger;
    }

    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var path = SitePath.Of(request.Path.Value ?? "");
        if (path.Kind == SitePathKind.Refused || IsReserved(request.Path))
        {
            await ErrorWriter.WriteAsync(context, NotFound).ConfigureAwait(false);
            return;
        }

        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (path.Kind == SitePathKind.File)
        {
            var relative = !path.IsDirectory ? path.Relative : path.Relative.Length == 0 ? Index : $"{path.Relative}/{Index}";
            using var file = _directory.Open(relative);
            if (file is not null)
            {
                await (reads ? SendAsync(context, relative, file) : RefuseMethodAsync(context)).ConfigureAwait(false);
                return;
            }

            if (!path.IsDirectory && _directory.HasFile($"{path.Relative}/{Index}"))
            {
                await (reads ? RedirectAsync(context) : RefuseMethodAsync(context)).ConfigureAwait(false);
                return;
            }
        }

        if (reads && Navigation.Is(request))
        {
            using var page = _directory.Open(_fallback);
            if (page is not null)
            {
                context.Response.Headers.Vary = "Accept";
                await SendAsync(context, _fallback, page, Path.GetFileName(_fallback) == NotFoundPage ? 404 : 200).ConfigureAwait(false);
                return;
            }
        }

        await ErrorWriter.WriteAsync(context, NotFound).ConfigureAwait(false);
    }

    private static string CacheControl(string name, bool isPage) => isPage ? AskAgain : HashedName.Is(name) ? Immutable : AskAfterAMinute;

    private static string ContentType(string name)
    {
        var type = ContentTypes.TryGetContentType(name, out var known) ? known : "application/octet-stream";
        return type.StartsWith("text/", StringComparison.Ordinal) || type is "application/json" or "application/manifest+json" ? type + "; charset=utf-8" : type;
    }

    private static Task RefuseMethodAsync(HttpContext context)
    {
        context.Response.Headers.Allow = "GET, HEAD";
        return ErrorWriter.WriteAsync(context, ReadOnly);
    }

    /// <summary>To the directory's own address, so that what its page names relatively is found. Not to be remembered: it may be a route tomorrow.</summary>
    private static Task RedirectAsync(HttpContext context)
    {
        var request = context.Request;
        var response = context.Response;
        response.StatusCode = StatusCodes.Status308PermanentRedirect;
        response.Headers.CacheControl = AskAgain;
        response.Headers.Location = $"{(request.PathBase + request.Path).ToUriComponent()}/{request.QueryString.ToUriComponent()}";
        return Task.CompletedTask;
    }

    private bool IsReserved(PathString path)
    {
        foreach (var prefix in _reserved)
        {
            if (path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private async Task SendAsync(HttpContext context, string relative, SiteFile file, int status = StatusCodes.Status200OK)
    {
        var name = Path.GetFileName(relative);
        var headers = context.Response.Headers;
        var isPage = name.EndsWith(".html", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".htm", StringComparison.OrdinalIgnoreCase);
        context.Response.ContentType = ContentType(name);
        headers.CacheControl = CacheControl(name, isPage);

        // What the service's own pages may do says nothing about somebody else's.
        headers.Remove(HeaderNames.ContentSecurityPolicy);
        headers.Remove("Permissions-Policy");
        headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups";

        using var variant = OpenVariant(context, relative, out var coding);
        if (coding is not null)
        {
            headers.ContentEncoding = coding.Name;
        }

        var chosen = variant ?? file;
        var content = isPage && chosen.Length <= ContentTags.PageBytes ? await ReadAsync(chosen, context.RequestAborted).ConfigureAwait(false) : null;
        var tag = content is null ? await _tags.OfAsync(chosen, context.RequestAborted).ConfigureAwait(false) : ContentTags.Of(content);
        await new SiteAnswer(chosen, content, coding is null ? tag : $"{tag}-{coding.Name}", _logger).SendAsync(context, status).ConfigureAwait(false);
    }

    /// <summary>The compressed sibling the client wants most. A request for a range gets the plain file: offsets of one are nothing to the other.</summary>
    private SiteFile? OpenVariant(HttpContext context, string relative, out ContentCoding? coding)
    {
        coding = null;
        if (!ContentCoding.All.Any(sibling => _directory.HasName(relative + sibling.Suffix)))
        {
            return null;
        }

        context.Response.Headers.Vary = StringValues.Concat(context.Response.Headers.Vary, "Accept-Encoding");
        if (context.Request.Headers.Range.Count > 0)
        {
            return null;
        }

        foreach (var accepted in ContentCoding.AcceptedBy(context.Request))
        {
            if (_directory.Open(relative + accepted.Suffix) is { } variant)
            {
                coding = accepted;
                return variant;
            }
        }

        return null;
    }

    private static async ValueTask<byte[]> ReadAsync(SiteFile file, CancellationToken cancellationToken)
    {
        var content = new byte[file.Length];
        var length = 0;
        while (length < content.Length)
        {
            var read = await RandomAccess.ReadAsync(file.Handle, content.AsMemory(length), length, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                // It became shorter since it was opened: then it is what there is now.
                return content[..length];
            }

            length += read;
        }

        return content;
    }
}
