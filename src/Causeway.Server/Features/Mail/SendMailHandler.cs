using Causeway.Identity;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>One try to send a mail. A server that does not take it is tried again.</summary>
internal sealed class SendMailHandler(MailDelivery delivery) : IJobHandler<MailRequest>
{
    public const string Kind = "mail.send";
    public const string Queue = "mail";

    public async Task<JobOutcome> RunAsync(MailRequest args, JobContext context, CancellationToken cancellationToken) =>
        await delivery.SendAsync(context.Id, args, cancellationToken) ? JobOutcome.Done : JobOutcome.Cancel();
}
