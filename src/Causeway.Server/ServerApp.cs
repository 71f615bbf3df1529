using System.Reflection;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Realtime;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>Composes the libraries into the program: services here, the order of the pipeline in <see cref="Pipeline"/>.</summary>
internal static class ServerApp
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(ServerApp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Builds the service, ready to start.</summary>
    /// <param name="settings">Checked already.</param>
    /// <param name="configure">Changes the builder last; tests take the log there.</param>
    /// <exception cref="InvalidDataException">A key file can't be used.</exception>
    public static WebApplication Build(ServerSettings settings, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "causeway" });
        builder.AddCausewayConfiguration(settings.Configuration);
        AddLogs(builder.Logging, settings);
        AddKestrel(builder);
        AddServices(builder.Services, settings);
        builder.WebHost.UseActivatedSockets(settings.Sockets, besides: settings.UrlsToOpen, (socket, listen) =>
        {
            if (settings.IsSecured(socket))
            {
                listen.UseHttps();
            }
        });
        builder.UsePortPreflight(preflight =>
        {
            preflight.DataDirectory = settings.DataDirectory;
            preflight.TakeOver = settings.Server.TakeOver;
            preflight.Version = Version;
            if (settings.Sockets.Count > 0)
            {
                Add(preflight.Urls, settings.UrlsToOpen);
                Add(preflight.InheritedUrls, settings.Sockets.Select(static socket => socket.Url));
            }
        });
        configure?.Invoke(builder);

        var app = builder.Build();
        if (settings.Sockets.Count == 0)
        {
            Add(app.Urls, settings.UrlsToOpen);
        }

        Pipeline.Use(app, settings);
        ServerLifecycle.RefuseNewcomersWhileDraining(app.Services);
        return app;
    }

    private static void Add(ICollection<string> target, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            target.Add(value);
        }
    }

    private static void AddLogs(ILoggingBuilder logging, ServerSettings settings)
    {
        logging.AddCausewayLogs(options =>
        {
            options.Format = settings.Telemetry.LogFormat ?? options.Format;
            options.Level = settings.Telemetry.LogLevel;
        });

        // Any level here makes the host keep an Activity and a log scope for each request, and a live connection's request lasts for days.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
    }

    private static void AddKestrel(WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MessageLimits.BodyBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
    }

    private static void AddServices(IServiceCollection services, ServerSettings settings)
    {
        services.AddChildren(settings.DataDirectory);
        services.AddRouting();
        services.AddApiJson();
        services.AddSingleton<RequestJson>();
        services.AddApiErrors();
        services.AddLocalAccess(settings.Apply);
        services.AddHostAndOriginCheck(settings.Apply);
        services.AddCursors();
        services.AddServerIdempotency();
        services.AddServerRateLimits(settings);
        services.AddServerRequestLog(settings);
        services.Configure<RequestConditionOptions>(conditions => conditions.RequireIfMatch = settings.Server.RequireIfMatch);
        services.AddApiDescription(settings);
        services.AddServerTls(settings);
        if (settings.Telemetry.Otlp is not null)
        {
            services.AddHostedService<OtlpExport>();
        }

        services.AddPrometheus(static prometheus => prometheus.Meters.Add("Causeway.*"));

        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        var startedAt = TimeProvider.System.GetUtcNow();
        services.AddSingleton(provider => new ServiceFacts
        {
            Node = Environment.MachineName,
            Version = Version,
            Environment = settings.Environment,
            Exposure = provider.GetRequiredService<Exposure>().IsLocal ? "local" : "exposed",
            StartedAt = startedAt,
            IsDraining = () => provider.GetRequiredService<DrainState>().IsDraining,
        });
        services.AddServerDatabase(settings);
        services.AddOverview();
        services.AddAccess(settings);

        services.AddServerFiles(settings);
        services.AddServerRelay(settings);
        services.AddStreams(settings);
        services.AddServerRooms(settings);
        services.AddServerJobs();
        services.AddTransfers();
        services.AddServerWebhooks(settings);
        services.AddServerCallOuts();
        services.AddRealtime();
        services.AddOptions<RealtimeOptions>().Configure<Exposure>(settings.Apply);
        services.AddSingleton(static provider => new MessageLimits(provider.GetRequiredService<IOptions<RealtimeOptions>>().Value.MaxMessageBytes));

        // Last, since the host stops in the reverse order: the drain comes before whatever the libraries do by themselves.
        services.AddServerLifecycle(settings);
    }
}
