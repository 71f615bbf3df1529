using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Files as a part of the service.</summary>
internal static class ServerFiles
{
    private const int BehindTheDatabase = -900;

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
        return services.AddUpkeep<FileSweep>();
    }
}
