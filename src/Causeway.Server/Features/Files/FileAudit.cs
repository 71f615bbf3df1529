using Causeway.Data;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Writes down what is done to files, in the transaction that does it.</summary>
/// <param name="log">Null in a program that keeps no such record.</param>
internal sealed class FileAudit(AuditLog? log)
{
    /// <inheritdoc cref="WriteAsync(UnitOfWork, AuditOrigin, string, FileRow, CancellationToken)"/>
    /// <param name="unit">The transaction.</param>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who does it.</param>
    /// <param name="action">What: <c>file.create</c>, <c>file.rename</c>, <c>file.delete</c>.</param>
    /// <param name="file">To which file.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task WriteAsync(UnitOfWork unit, HttpContext context, Caller caller, string action, FileRow file, CancellationToken cancellationToken) => WriteAsync(
        unit, new AuditOrigin(caller.Principal, caller.UserId, context.Connection.RemoteIpAddress?.ToString(), context.TraceIdentifier), action, file, cancellationToken);

    /// <param name="unit">The transaction.</param>
    /// <param name="origin">Who does it, and from where.</param>
    /// <param name="action">What: <c>file.create</c>, <c>file.rename</c>, <c>file.delete</c>.</param>
    /// <param name="file">To which file.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task WriteAsync(UnitOfWork unit, AuditOrigin origin, string action, FileRow file, CancellationToken cancellationToken) => log is null
        ? Task.CompletedTask
        : log.WriteAsync(
            unit,
            new AuditEntry(
                action,
                AuditOutcome.Success,
                origin,
                $"file:{file.Id}",
                new() { ["name"] = file.Name, ["size"] = file.Size, ["content_type"] = file.ContentType }),
            cancellationToken);
}
