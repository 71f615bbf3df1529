using System.ComponentModel.DataAnnotations;
using Causeway.Data;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Identity;
using Causeway.Realtime;
using Causeway.Relay;
using Causeway.Streams;
using Microsoft.Extensions.Configuration;

namespace Causeway.Server;

/// <summary>The program's whole configuration, read and checked once.</summary>
internal sealed class ServerSettings
{
    /// <summary>Where the console is when a site has the root.</summary>
    public const string MovedConsolePath = "/_console/";

    /// <summary>The namespace of the service's own rooms.</summary>
    public const string OwnNamespace = "causeway";

    private const string HttpsFlag = "--https";
    private const string RealtimeSection = "Realtime";

    // Among the library's options; in the file each has its place in another section.
    private static readonly string[] ElsewhereKeys = ["Realtime:DrainSeconds", "Realtime:AllowedOrigins"];

    private readonly Func<ServerSettings> _readAgain;

    private ServerSettings(CausewayConfiguration configuration, string workingDirectory, Func<ServerSettings> readAgain)
    {
        _readAgain = readAgain;
        Configuration = configuration;
        Server = configuration.Bind<ServerOptions>("Server");
        Auth = configuration.Bind<AuthOptions>("Auth");
        Realtime = configuration.Bind<RealtimeSettings>(RealtimeSection, NamesOfOtherSections);
        RateLimits = configuration.Bind<RateLimitSettings>("RateLimits");
        Telemetry = configuration.Bind<TelemetryOptions>("Telemetry");
        Database = configuration.Bind<DatabaseSettings>("Database");
        Files = configuration.Bind<FilesOptions>("Files");
        Mail = configuration.Bind<MailSettings>("Mail");
        Jobs = configuration.Bind<JobsSettings>("Jobs");
        Webhooks = configuration.Bind<WebhooksSettings>("Webhooks");
        CallOuts = configuration.Bind<CallOutsSettings>("CallOuts");
        Relay = configuration.Bind<RelayOptions>("Relay");
        Streams = configuration.Bind<StreamsOptions>("Streams");
        WorkingDirectory = workingDirectory;
        DataDirectory = Path.GetFullPath(Server.DataDirectory, workingDirectory);
        if (Relay.Site.Directory is { } site)
        {
            Relay.Site.Directory = Path.GetFullPath(site, workingDirectory);
        }
    }

    public CausewayConfiguration Configuration { get; }

    public ServerOptions Server { get; }

    public AuthOptions Auth { get; }

    public RateLimitSettings RateLimits { get; }

    public TelemetryOptions Telemetry { get; }

    public DatabaseSettings Database { get; }

    public FilesOptions Files { get; }

    public MailSettings Mail { get; }

    public JobsSettings Jobs { get; }

    public WebhooksSettings Webhooks { get; }

    public CallOutsSettings CallOuts { get; }

    public RelayOptions Relay { get; }

    public StreamsOptions Streams { get; }

    /// <summary>Where relative paths start.</summary>
    public string WorkingDirectory { get; }

    /// <summary>Where keys and the admin token are kept, as a full path.</summary>
    public string DataDirectory { get; }

    /// <summary>Where uploaded files are kept, as a full path.</summary>
    public string FilesDirectory => Files.Directory is { } directory ? Path.GetFullPath(directory, WorkingDirectory) : Path.Combine(DataDirectory, "files");

    /// <summary>The environment as the program says it: <c>development</c>, <c>staging</c> or <c>production</c>.</summary>
    public string Environment => Configuration.EnvironmentName.ToLowerInvariant();

    /// <summary>Whether the API's documentation is served.</summary>
    public bool ServesDocs => Server.Docs == DocsMode.Always || Server.Docs == DocsMode.Development && Configuration.IsDevelopment;

    /// <summary>Where the console is: at the root, unless a site or a relayed route has that.</summary>
    public string ConsolePath => HasSite || Relay.Routes.Any(static route => route.Path == "/" || TakesEverything(route.Path)) ? MovedConsolePath : "/";

    /// <summary>Whether somebody else's pages come from the same origin as the admin API.</summary>
    public bool SharesOrigin => Server.AdminUrls is null && (HasSite || Relay.Routes.Count > 0);

    /// <summary>Whether a static site is served.</summary>
    public bool HasSite => Relay.Site.Directory is not null;

    /// <summary>Whether there are other nodes with the same rooms.</summary>
    public bool SharesRooms => Realtime.Backplane != BackplaneKind.None;

    /// <summary>What a service manager handed over to listen on.</summary>
    public IReadOnlyList<ActivatedSocket> Sockets { get; private init; } = [];

    /// <summary>The addresses the server opens itself: all that are configured, but for those a service manager's sockets stand for.</summary>
    public IReadOnlyList<string> UrlsToOpen
    {
        get
        {
            var handed = Sockets.ToLookup(socket => Server.IsAdminAddress(socket.Url), static socket => ServerOptions.PortOf(socket.Url));
            return
            [
                .. handed.Contains(false) ? [] : Server.ListenUrls(),
                .. Server.AdminListenUrls().Where(url => !handed[true].Contains(ServerOptions.PortOf(url))),
            ];
        }
    }

    /// <summary>Whether a socket that was handed over is to speak TLS: as the address of its port says, else as all addresses it may stand for.</summary>
    public bool IsSecured(ActivatedSocket socket)
    {
        var urls = Server.IsAdminAddress(socket.Url) ? Server.AdminListenUrls() : Server.ListenUrls();
        var same = urls.Where(url => ServerOptions.PortOf(url) == ServerOptions.PortOf(socket.Url)).ToList();
        return (same.Count > 0 ? same : urls).All(static url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Where the broker is that nodes hear each other over; null where they hear each other in another way, or not at all.</summary>
    public RabbitMqSettings? Broker => Realtime.Backplane == BackplaneKind.RabbitMq ? Realtime.RabbitMq : null;

    private RealtimeSettings Realtime { get; }

    /// <summary>Reads the configuration of this command line.</summary>
    /// <param name="args">As the program got them; what is not configuration is left to <see cref="CausewayConfiguration.RemainingArguments"/>.</param>
    /// <param name="look">Where things are looked for; null for the process's own surroundings.</param>
    /// <param name="sockets">What a service manager handed over to listen on; null for nothing.</param>
    /// <exception cref="ConfigurationException">With everything that is wrong.</exception>
    public static ServerSettings Load(
        IReadOnlyList<string> args, CausewayConfigurationSettings? look = null, IReadOnlyList<ActivatedSocket>? sockets = null)
    {
        look ??= new CausewayConfigurationSettings();
        return From(Read(args, look), args, look, sockets);
    }

    /// <summary>Reads the configuration of this command line without looking at what it says.</summary>
    public static CausewayConfiguration Read(IReadOnlyList<string> args, CausewayConfigurationSettings look) =>
        CausewayConfiguration.Load([.. args.Select(static argument => argument == HttpsFlag ? "--Server:Https=true" : argument)], settings => Copy(look, settings));

    /// <summary>Checks what was read of this command line.</summary>
    /// <exception cref="ConfigurationException">With everything that is wrong.</exception>
    public static ServerSettings From(
        CausewayConfiguration configuration, IReadOnlyList<string> args, CausewayConfigurationSettings look, IReadOnlyList<ActivatedSocket>? sockets = null)
    {
        var settings = new ServerSettings(configuration, look.WorkingDirectory, () => Load(args, look, sockets)) { Sockets = sockets ?? [] };
        var problems = configuration.Problems.Concat(settings.Contradictions()).ToList();
        return problems.Count == 0 ? settings : throw new ConfigurationException(problems);
    }

    /// <summary>The JSON Schema of <c>causeway.json</c>, whatever is configured here.</summary>
    public static string JsonSchema()
    {
        var nothing = new CausewayConfigurationSettings { WorkingDirectory = Path.GetTempPath(), FileName = Path.GetRandomFileName(), Variables = new Dictionary<string, string?>() };
        return new ServerSettings(Read([], nothing), nothing.WorkingDirectory, static () => throw new InvalidOperationException("There is nothing to read again.")).Configuration
            .ToJsonSchema("The configuration of Causeway", ElsewhereKeys);
    }

    /// <summary>Reads the same command line, files and variables once more.</summary>
    /// <exception cref="ConfigurationException">With everything that is wrong.</exception>
    public ServerSettings ReadAgain() => _readAgain();

    /// <summary>Hands the exposure's settings to the library that decides it.</summary>
    public void Apply(ExposureOptions exposure)
    {
        exposure.PublicUrl = Server.PublicUrl;
        exposure.AuthMode = Auth.Mode;
        Add(exposure.Urls, UrlsToOpen);
        Add(exposure.Urls, Sockets.Select(static socket => socket.Url));
        Add(exposure.TrustedProxies, Server.TrustedProxies);
    }

    /// <summary>Hands the accounts their limits.</summary>
    public void Apply(IdentityOptions identity)
    {
        identity.AccessTokenLifetime = TimeSpan.FromMinutes(Auth.AccessTokenMinutes);
        identity.SessionLifetime = TimeSpan.FromDays(Auth.RefreshTokenDays);
        identity.RequireVerifiedEmail = Auth.RequireVerifiedEmail ?? Mail.Smtp is not null;
        identity.PasswordIterations = Auth.PasswordIterations;
        identity.HashingThreads = Auth.HashingThreads;
        identity.HashingQueue = Auth.HashingQueue;
        identity.AuditRetention = TimeSpan.FromDays(Auth.AuditDays);
    }

    /// <summary>Hands Host and Origin rules to the library that enforces them.</summary>
    public void Apply(HostAndOriginOptions hosts)
    {
        Add(hosts.AllowedHosts, Auth.AllowedHosts);
        Add(hosts.AllowedOrigins, Auth.AllowedOrigins);
    }

    /// <summary>Hands the streams their sources, with full paths.</summary>
    public void Apply(StreamsOptions streams)
    {
        Configuration.Apply("Streams", streams);
        foreach (var source in streams.Sources.Values)
        {
            source.Path = Path.GetFullPath(source.Path!, WorkingDirectory);
        }
    }

    /// <summary>Hands the live service its settings; in an exposed service only the authenticated join where nothing else is said.</summary>
    public void Apply(RealtimeOptions realtime, Exposure exposure)
    {
        Configuration.Apply(RealtimeSection, realtime);
        realtime.DrainSeconds = Server.DrainSeconds;
        Add(realtime.AllowedOrigins, Auth.AllowedOrigins);
        if (exposure.PublicUrl is { } url)
        {
            realtime.AllowedOrigins.Add(url.GetLeftPart(UriPartial.Authority));
        }

        // The service's own rooms, where the file says nothing else of them: they tell operators what happens.
        realtime.Namespaces.TryAdd(OwnNamespace, new NamespaceOptions
        {
            Join = JoinRule.Permission,
            Publish = PublishRule.Server,
            SlowConsumer = SlowConsumerPolicy.Conflate,
            History = 0,
            Presence = false,
        });

        if (!exposure.IsLocal)
        {
            if (!realtime.Namespaces.TryGetValue("default", out var rules))
            {
                realtime.Namespaces["default"] = rules = new NamespaceOptions();
            }

            rules.Join ??= JoinRule.Authenticated;
        }
    }

    private static bool TakesEverything(string? path) => path is ['/', '{', '*', .., '}'] && path.IndexOf('}', StringComparison.Ordinal) == path.Length - 1;

    private static void Copy(CausewayConfigurationSettings from, CausewayConfigurationSettings to)
    {
        to.WorkingDirectory = from.WorkingDirectory;
        to.FileName = from.FileName;
        to.VariablePrefix = from.VariablePrefix;
        to.Variables = from.Variables;
    }

    private static void Add(IList<string> target, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            target.Add(value);
        }
    }

    /// <summary>The library has these two among its options; in the file each has its place elsewhere, and one place is enough.</summary>
    private IEnumerable<ConfigurationProblem> NamesOfOtherSections(RealtimeOptions options)
    {
        if (Configuration.OriginOf(ElsewhereKeys[0]).Tier != ConfigurationTier.Default)
        {
            yield return new ConfigurationProblem("DrainSeconds", "stands elsewhere: set Server:DrainSeconds");
        }

        if (Configuration.OriginOf(ElsewhereKeys[1]).Tier != ConfigurationTier.Default)
        {
            yield return new ConfigurationProblem("AllowedOrigins", "stands elsewhere: set Auth:AllowedOrigins");
        }
    }

    /// <summary>What is wrong only when several keys are seen together, and what the libraries check themselves. Their messages begin with the key.</summary>
    private IEnumerable<ConfigurationProblem> Contradictions()
    {
        var exposure = new ExposureOptions();
        Apply(exposure);
        var hosts = new HostAndOriginOptions();
        Apply(hosts);
        var hostProblems = ((IValidatableObject)hosts).Validate(new ValidationContext(hosts)).Select(static result => result.ErrorMessage!);
        foreach (var message in exposure.Problems().Concat(hostProblems))
        {
            var space = message.IndexOf(' ', StringComparison.Ordinal);
            var key = message[..space].TrimEnd(':');
            yield return new ConfigurationProblem(key, message[(space + 1)..].TrimEnd('.'), Configuration.OriginOf(key));
        }

        if (SharesRooms && Database.Provider != DatabaseProvider.Postgres)
        {
            yield return new ConfigurationProblem("Realtime:Backplane", "needs Database:Provider postgres: several nodes can't share an SQLite file", Configuration.OriginOf("Realtime:Backplane"));
        }

        if (Broker is { Url: null })
        {
            yield return new ConfigurationProblem("Realtime:RabbitMq:Url", "is needed for Realtime:Backplane rabbitmq: where is the broker? amqp://user:password@host", Configuration.OriginOf("Realtime:Backplane"));
        }

        if (HasSite && Relay.Routes.FirstOrDefault(static route => TakesEverything(route.Path)) is { } everything)
        {
            yield return new ConfigurationProblem(
                "Relay:Site:Directory", $"is never reached: the route {everything.Path} takes every path", Configuration.OriginOf("Relay:Site:Directory"));
        }

        foreach (var problem in Relay.Site.Problems(DataDirectory))
        {
            var key = "Relay:Site:" + problem.Key;
            yield return problem with { Key = key, Source = Configuration.OriginOf(key) };
        }
    }
}
