using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>The certificate that new connections get, and how it got there. It changes without a restart; open connections live on with theirs.</summary>
public sealed class TlsCertificates : IDisposable
{
    /// <summary>A certificate that we can renew is renewed this long before its end.</summary>
    internal static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(14);

    private readonly TlsSetup _setup;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<ICertificateSource> _sources;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private ICertificateSource? _source;
    private ServerCertificate? _current;
    private string? _stamp;

    internal TlsCertificates(TlsSetup setup, IMeterFactory meters, TimeProvider time, ILogger<TlsCertificates> logger)
    {
        (_setup, _time, _logger) = (setup, time, logger);
        _sources = [new FilesSource(setup, time), new TailscaleSource(setup, time), new MkcertSource(setup, time), new SelfSignedSource(setup, time)];
        meters.Create("Causeway.Hosting.Tls").CreateObservableGauge(
            "causeway.tls.certificate.expiry_timestamp", ExpirySeconds, "s", "When the certificate that new connections get expires, in seconds since 1970.");
    }

    /// <summary>Which certificate is used, why not another, and its fingerprint where nobody vouches for it; one line for a person. Empty before the start.</summary>
    public string Description { get; private set; } = "";

    /// <summary>When the certificate in use ends; null before the start.</summary>
    public DateTimeOffset? ExpiresAt => Volatile.Read(ref _current)?.ExpiresAt;

    /// <summary>For handshakes.</summary>
    /// <exception cref="InvalidOperationException">Before the start.</exception>
    internal ServerCertificate Current => Volatile.Read(ref _current) ?? throw new InvalidOperationException("No certificate was chosen yet.");

    /// <summary>Puts files into force: those named now, whose content may be another one.</summary>
    /// <param name="options">The files; without one nothing changes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether new connections get another certificate now.</returns>
    /// <exception cref="ConfigurationException">The files can't be used; everything stays as it was.</exception>
    public async Task<bool> ReloadAsync(TlsOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (options.CertificateFile is null)
            {
                return false;
            }

            var stamp = CertificateFiles.Stamp(options, _setup.WorkingDirectory);
            var loaded = CertificateFiles.Load(options, _setup.WorkingDirectory, _time.GetUtcNow());
            _setup.Options = options;
            (_source, _stamp) = (_sources[0], stamp);
            return Replace(loaded);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    /// <summary>Goes down the cascade.</summary>
    /// <exception cref="ConfigurationException">The configured files can't be used.</exception>
    internal async Task ChooseAsync(CancellationToken cancellationToken)
    {
        var passed = new List<string>();
        _stamp = CertificateFiles.Stamp(_setup.Options, _setup.WorkingDirectory);
        foreach (var source in _sources)
        {
            var (certificate, refusal) = await source.TryAsync(cancellationToken).ConfigureAwait(false);
            if (certificate is not null)
            {
                _source = source;
                Volatile.Write(ref _current, certificate);
                Description = Describe(certificate, passed);
                _logger.CertificateChosen(Description);
                if (certificate.ExpiresAt - _time.GetUtcNow() < WarnBefore)
                {
                    _logger.CertificateExpires(certificate.ExpiresAt);
                }

                return;
            }

            passed.Add($"{source.Name} {refusal}");
        }
    }

    /// <summary>Looks whether the files are others than before, or whether what we can renew is near its end.</summary>
    /// <returns>True where files that changed can't be used (yet): they may be half written.</returns>
    internal async Task<bool> RefreshAsync(bool report, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_source is FilesSource)
            {
                return RefreshFiles(report);
            }

            if (Current.ExpiresAt - _time.GetUtcNow() <= RenewBefore && _source is not null)
            {
                var (certificate, refusal) = await _source.TryAsync(cancellationToken).ConfigureAwait(false);
                if (certificate is not null)
                {
                    Replace(certificate);
                }
                else
                {
                    _logger.CertificateKept($"{_source.Name} {refusal}");
                }
            }

            return false;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>For <c>/ready</c>: only what somebody must do something about.</summary>
    internal ReadinessResult Check()
    {
        if (ExpiresAt is not { } expiresAt || _source is not FilesSource)
        {
            return ReadinessResult.Ready();
        }

        var left = expiresAt - _time.GetUtcNow();
        return left > WarnBefore ? ReadinessResult.Ready()
            : left <= TimeSpan.Zero ? ReadinessResult.Degraded("the certificate has expired")
            : ReadinessResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"the certificate expires in {Math.Floor(left.TotalDays):0} days"));
    }

    private bool RefreshFiles(bool report)
    {
        var stamp = CertificateFiles.Stamp(_setup.Options, _setup.WorkingDirectory);
        if (stamp == _stamp)
        {
            return false;
        }

        try
        {
            Replace(CertificateFiles.Load(_setup.Options, _setup.WorkingDirectory, _time.GetUtcNow()));
            _stamp = stamp;
            return false;
        }
        catch (ConfigurationException exception)
        {
            if (report)
            {
                // Told once; these very files are looked at again only when they change.
                _logger.CertificateKept(string.Join("; ", exception.Problems));
                _stamp = stamp;
            }

            return true;
        }
    }

    private bool Replace(ServerCertificate certificate)
    {
        // Even where the certificate itself is the same, its chain or its key's file may be another.
        var replaced = Interlocked.Exchange(ref _current, certificate);
        if (replaced is not null && replaced.Leaf.RawDataMemory.Span.SequenceEqual(certificate.Leaf.RawDataMemory.Span))
        {
            return false;
        }

        Description = Describe(certificate, []);
        _logger.CertificateReplaced(certificate.Source, certificate.ExpiresAt, certificate.Fingerprint);
        return true;
    }

    private static string Describe(ServerCertificate certificate, List<string> passed)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{certificate.Source}, valid until {certificate.ExpiresAt:yyyy-MM-dd}");
        if (certificate.Source == "self-signed")
        {
            text += $", SHA-256 {certificate.Fingerprint}";
        }

        return passed.Count == 0 ? text : $"{text} (not used: {string.Join("; ", passed)})";
    }

    private IEnumerable<Measurement<double>> ExpirySeconds() =>
        ExpiresAt is { } expiresAt ? [new Measurement<double>(expiresAt.ToUnixTimeSeconds())] : [];
}
