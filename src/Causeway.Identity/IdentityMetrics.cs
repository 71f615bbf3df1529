using System.Diagnostics.Metrics;

namespace Causeway.Identity;

/// <summary>The meter <c>Causeway.Identity</c>.</summary>
internal sealed class IdentityMetrics : IDisposable
{
    public const string MeterName = "Causeway.Identity";

    private readonly Meter _meter;
    private readonly Counter<long> _hashes;
    private readonly Counter<long> _hashesRefused;
    private readonly Counter<long> _logIns;
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _mails;
    private readonly Counter<long> _auditDropped;

    public IdentityMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _hashes = _meter.CreateCounter<long>("causeway.password.hashes", "{hash}", "Passwords hashed, whether to store or to check them.");
        _hashesRefused = _meter.CreateCounter<long>("causeway.password.refused", "{hash}", "Passwords not hashed because too many were waiting.");
        _logIns = _meter.CreateCounter<long>("causeway.log_ins", "{log-in}", "Log-ins by outcome.");
        _refreshes = _meter.CreateCounter<long>("causeway.token.refreshes", "{refresh}", "Refreshed sessions by outcome.");
        _mails = _meter.CreateCounter<long>("causeway.mails", "{mail}", "Mails by outcome.");
        _auditDropped = _meter.CreateCounter<long>("causeway.audit.dropped", "{entry}", "Acts and refusals left out of the audit log because too many came at once.");
    }

    public void CountHash() => _hashes.Add(1);

    public void CountHashRefused() => _hashesRefused.Add(1);

    public void CountLogIn(string outcome) => _logIns.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void CountRefresh(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void CountMail(string outcome) => _mails.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void CountAuditDropped() => _auditDropped.Add(1);

    public void Dispose() => _meter.Dispose();
}
