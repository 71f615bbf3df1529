using System.Security.Cryptography;
using System.Text;
using Causeway.Data;
using Causeway.Identity;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Makes a job of each mail.</summary>
internal sealed class JobMailOutbox(JobClient jobs) : IMailOutbox
{
    public async Task<bool> AddAsync(UnitOfWork unit, MailRequest request, CancellationToken cancellationToken)
    {
        // An address may be longer than a key.
        var address = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Email)).AsSpan(0, 16));
        var options = new EnqueueOptions { UniqueKey = $"{SendMailHandler.Kind}:{request.UserId}:{(int)request.Kind}:{address}" };
        return (await jobs.EnqueueAsync(unit, request, options, cancellationToken)).IsNew;
    }
}
