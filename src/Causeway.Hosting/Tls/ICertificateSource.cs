namespace Causeway.Hosting;

/// <summary>One step of the cascade: gives a certificate, or says why it has none.</summary>
internal interface ICertificateSource
{
    /// <summary>For people: <c>mkcert</c>.</summary>
    string Name { get; }

    /// <summary>Gets a certificate, made or renewed where that is needed.</summary>
    /// <exception cref="ConfigurationException">It is configured, and wrong.</exception>
    Task<CertificateOffer> TryAsync(CancellationToken cancellationToken);
}

/// <summary>What a step came to.</summary>
/// <param name="Certificate">Null where it has none.</param>
/// <param name="Refusal">Why it has none, in a few words.</param>
internal readonly record struct CertificateOffer(ServerCertificate? Certificate, string? Refusal)
{
    public static CertificateOffer Of(ServerCertificate certificate) => new(certificate, null);

    public static CertificateOffer None(string refusal) => new(null, refusal);
}
