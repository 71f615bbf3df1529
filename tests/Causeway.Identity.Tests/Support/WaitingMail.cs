using Causeway.Data;

namespace Causeway.Identity.Tests;

/// <summary>Keeps mail in memory until a test sends it.</summary>
internal sealed class WaitingMail : IMailOutbox
{
    private readonly Lock _gate = new();
    private readonly List<MailRequest> _waiting = [];

    public Task<bool> AddAsync(UnitOfWork unit, MailRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_waiting.Contains(request))
            {
                return Task.FromResult(false);
            }
        }

        unit.OnCommitted(() =>
        {
            lock (_gate)
            {
                _waiting.Add(request);
            }
        });
        return Task.FromResult(true);
    }

    public IReadOnlyList<MailRequest> Take()
    {
        lock (_gate)
        {
            MailRequest[] taken = [.. _waiting];
            _waiting.Clear();
            return taken;
        }
    }
}
