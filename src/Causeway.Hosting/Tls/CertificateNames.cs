using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Causeway.Hosting;

/// <summary>The names and addresses a certificate of ours must be good for.</summary>
internal static class CertificateNames
{
    /// <summary>All of them, each once: local ones first. What is no name, such as <c>*</c>, is left out.</summary>
    public static IReadOnlyList<string> Of(TlsSetup setup) =>
    [
        .. new[] { "localhost", "127.0.0.1", "::1", Environment.MachineName }
            .Concat(setup.Names.Select(static name => name.Trim('[', ']')))
            .Where(IsName)
            .Select(static name => name.ToLowerInvariant())
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Whether a certificate has every one of the names.</summary>
    public static bool AreCoveredBy(X509Certificate2 certificate, IEnumerable<string> names)
    {
        if (certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is not { } alternatives)
        {
            return false;
        }

        var has = alternatives.EnumerateDnsNames().Concat(alternatives.EnumerateIPAddresses().Select(static address => address.ToString()))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return names.All(has.Contains);
    }

    private static bool IsName(string name) => IPAddress.TryParse(name, out var address)
        ? !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
        : Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) == UriHostNameType.Dns;
}
