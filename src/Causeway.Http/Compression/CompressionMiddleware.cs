using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>Compresses answers on their way, where endpoint, client and answer allow it. Anything else costs one look-up and no state machine.</summary>
internal sealed class CompressionMiddleware(RequestDelegate next, CompressionOptions options)
{
    private readonly FrozenSet<string> _mediaTypes = options.MediaTypes.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<CompressionMetadata>() is not { IsOn: true })
        {
            return next(context);
        }

        // Said of plain answers too: a cache must know that another client would have got another one.
        context.Response.Headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        return !HttpMethods.IsHead(context.Request.Method) && AcceptEncoding.Parse(context.Request.Headers.AcceptEncoding).Preferred is { } coding
            ? CompressAsync(context, coding)
            : next(context);
    }

    private async Task CompressAsync(HttpContext context, string coding)
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        await using var body = new CompressedBody(context.Response, original.Stream, coding, options.ThresholdBytes, _mediaTypes);
        var replacement = new StreamResponseBodyFeature(body, original);
        context.Features.Set<IHttpResponseBodyFeature>(replacement);
        try
        {
            await next(context).ConfigureAwait(false);

            // The pipe's rest comes out of here, and only then is the body at its end.
            await replacement.CompleteAsync().ConfigureAwait(false);
            await body.CompleteAsync(context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            context.Features.Set(original);
        }
    }
}
