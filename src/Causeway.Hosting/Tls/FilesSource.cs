namespace Causeway.Hosting;

/// <summary>The configured files: where they are configured nothing else will do.</summary>
internal sealed class FilesSource(TlsSetup setup, TimeProvider time) : ICertificateSource
{
    public string Name => "Server:Tls:CertificateFile";

    public Task<CertificateOffer> TryAsync(CancellationToken cancellationToken) => Task.FromResult(setup.Options.CertificateFile is null
        ? CertificateOffer.None("not set")
        : CertificateOffer.Of(CertificateFiles.Load(setup.Options, setup.WorkingDirectory, time.GetUtcNow())));
}
