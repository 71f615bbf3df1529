using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Causeway.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds compression to the pipeline.</summary>
public static class CompressionApplicationBuilderExtensions
{
    /// <summary>Compresses answers of endpoints with <c>WithCompression</c> by <c>br</c> or <c>gzip</c>, whichever the client prefers.</summary>
    /// <remarks>
    /// Left as they are: answers under the threshold, of other media types, with a <c>Content-Encoding</c> or <c>Content-Range</c> of their own, and those with <c>Cache-Control: no-store</c> or
    /// <c>no-transform</c> or a cookie, since they hold secrets, whose length must not tell of them. A strong <c>ETag</c> gets the coding at its end, and every answer <c>Vary: Accept-Encoding</c>.
    /// Up to the threshold an answer is held back even when it is flushed. Place it last, right before the endpoints.
    /// </remarks>
    /// <param name="app">The pipeline.</param>
    /// <param name="configure">Says which answers.</param>
    /// <exception cref="ValidationException">The options are out of range.</exception>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The options validate themselves; no attribute is read by reflection.")]
    public static IApplicationBuilder UseCompression(this IApplicationBuilder app, Action<CompressionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var options = new CompressionOptions();
        configure?.Invoke(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        return app.Use(next => new CompressionMiddleware(next, options).InvokeAsync);
    }
}
