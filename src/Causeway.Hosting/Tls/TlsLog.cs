using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>What TLS logs: 4800–4899.</summary>
internal static partial class TlsLog
{
    [LoggerMessage(4801, LogLevel.Information, "TLS: {Certificate}.")]
    public static partial void CertificateChosen(this ILogger logger, string certificate);

    [LoggerMessage(4802, LogLevel.Information, "New connections get another certificate: {Source}, valid until {ExpiresAt:yyyy-MM-dd}, SHA-256 {Fingerprint}.")]
    public static partial void CertificateReplaced(this ILogger logger, string source, DateTimeOffset expiresAt, string fingerprint);

    [LoggerMessage(4803, LogLevel.Error, "The certificate stays as it was: {Problem}.")]
    public static partial void CertificateKept(this ILogger logger, string problem);

    [LoggerMessage(4804, LogLevel.Warning, "The certificate expires on {ExpiresAt:yyyy-MM-dd}.")]
    public static partial void CertificateExpires(this ILogger logger, DateTimeOffset expiresAt);

    [LoggerMessage(4805, LogLevel.Error, "The certificate could not be renewed; the next attempt is in {Minutes} min.")]
    public static partial void RenewalFailed(this ILogger logger, double minutes, Exception exception);
}
