using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Causeway.Realtime.RabbitMq;

/// <summary>Whoever answers at the broker's address has not proved to be the broker; it was told nothing.</summary>
internal sealed class BrokerNotTrustedException(string message) : AuthenticationException(message)
{
    /// <summary>The one that a failure to connect comes from; null when it has another cause.</summary>
    public static BrokerNotTrustedException? In(Exception? exception) => exception switch
    {
        BrokerNotTrustedException found => found,
        AggregateException several => several.InnerExceptions.Select(In).FirstOrDefault(static found => found is not null),
        _ => exception is null ? null : In(exception.InnerException),
    };

    /// <summary>What is wrong with a certificate, for whoever has to mend it.</summary>
    public static string Describe(string host, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors problems)
    {
        if (certificate is null)
        {
            return "It showed no certificate.";
        }

        var reasons = new List<string>();
        if (problems.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            reasons.Add($"it is not for {host}");
        }

        if (problems.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            reasons.AddRange((chain?.ChainStatus ?? []).Select(static status => $"{status.Status} ({status.StatusInformation.Trim()})").Distinct());
        }

        return $"The certificate {certificate.Subject}, issued by {certificate.Issuer}, does not prove it: {string.Join("; ", reasons)}.";
    }
}
