using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Files as a part of the service.</summary>
internal static class ServerFiles
{
    private const int BehindTheDatabase = -900;
    private const int KeysAtOnce = 500;

    /// <summary>A file is there a moment before its row.</summary>
    private static readonly TimeSpan RowsComeWithin = TimeSpan.FromHours(1);

    public static IServiceCollection AddServerFiles(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton(provider => new UploadDirectory(settings.FilesDirectory, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FilesMetrics>();
        services.AddSingleton<FileStore>();
        services.AddSingleton<FileAccess>();
        services.AddSingleton<FileUploads>();
        services.AddSingleton(static provider => new FileAudit(provider.GetService<AuditLog>()));
        services.AddLifespanStep(
            "files",
            BehindTheDatabase,
            TimeSpan.FromMinutes(1),
            static (provider, _) =>
            {
                // Whoever wrote them is gone: what is being written is locked.
                if (provider.GetRequiredService<UploadDirectory>().SweepIncoming(TimeSpan.Zero) is > 0 and var count)
                {
                    provider.GetRequiredService<ILogger<FileUploads>>().LeftUploadsDeleted(count);
                }

                return Task.CompletedTask;
            });
        return services.AddLoop("files clean-up", TimeSpan.FromHours(1), static (context, cancellationToken) => SweepAsync(context.Services, cancellationToken));
    }

    /// <summary>Takes away what crashes left: uploads under way, room set aside for them, and bytes whose row was never written or is gone.</summary>
    internal static async Task SweepAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        var directory = provider.GetRequiredService<UploadDirectory>();
        var files = provider.GetRequiredService<FileStore>();
        var logger = provider.GetRequiredService<ILogger<FileUploads>>();
        if (directory.SweepIncoming(TimeSpan.FromMinutes(1)) is > 0 and var left)
        {
            logger.LeftUploadsDeleted(left);
        }

        await files.ForgetReservationsAsync(cancellationToken);
        var unknown = 0;
        foreach (var keys in directory.ListStored(RowsComeWithin).Chunk(KeysAtOnce))
        {
            var known = await files.KnownAsync(keys, cancellationToken);
            unknown += keys.Count(key => !known.Contains(key) && directory.Delete(key));
        }

        if (unknown > 0)
        {
            logger.UnknownFilesDeleted(unknown);
        }
    }
}
