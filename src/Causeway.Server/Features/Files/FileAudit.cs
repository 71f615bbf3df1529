using Causeway.Data;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Writes down what is done to files, in the transaction that does it.</summary>
/// <param name="log">Null in a program that keeps no such record.</param>
internal sealed class FileAudit(AuditLog? log)
{
    /// <param name="unit">The transaction.</param>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who does it.</param>
    /// <param name="action">What: <c>file.create</c>, <c>file.rename</c>, <c>file.delete</c>.</param>
    /// <param name="file">To which file.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task WriteAsync(UnitOfWork unit, HttpContext context, Caller caller, string action, FileRow file, CancellationToken cancellationToken) => log is null
        ? Task.CompletedTask
        : log.WriteAsync(
            unit,
            new AuditEntry(
                action,
                AuditOutcome.Success,
                new AuditOrigin(caller.Principal, caller.UserId, context.Connection.RemoteIpAddress?.ToString(), context.TraceIdentifier),
                $"file:{file.Id}",
                new() { ["name"] = file.Name, ["size"] = file.Size, ["content_type"] = file.ContentType }),
            cancellationToken);
}
