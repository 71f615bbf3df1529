using System.Diagnostics.Metrics;
using Causeway.Data;
using Causeway.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds accounts to an application.</summary>
public static class IdentityServiceCollectionExtensions
{
    /// <summary>
    /// Adds accounts, sessions, roles, API keys, mail and the audit log, with their migrations. Needs <c>AddDatabase</c>, an
    /// <see cref="ISigningKeyHome"/> and an <see cref="IMailOutbox"/>, and that somebody calls <see cref="AccessFeed.PollAsync"/> twice a second and the methods of
    /// <see cref="IdentityUpkeep"/> from time to time.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets limits and timings.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddIdentity(this IServiceCollection services, Action<IdentityOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<IdentityOptions>, IdentityOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MailOptions>, MailOptionsValidator>());
        services.AddOptions<IdentityOptions>().ValidateOnStart();
        services.AddOptions<MailOptions>().ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddMigrations("identity", typeof(Accounts).Assembly);
        services.AddMetrics();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new IdentityMetrics(provider.GetRequiredService<IMeterFactory>()));
        services.TryAddSingleton<AccessChanges>();
        services.TryAddSingleton<SigningKeys>();
        services.TryAddSingleton<AccessTokens>();
        services.TryAddSingleton<IMailSender>(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<MailOptions>>().Value;
            return options.Smtp is { } smtp
                ? new SmtpMailSender(options.From, smtp)
                : new FileMailSender(options.From, options.Directory, provider.GetRequiredService<TimeProvider>());
        });
        Add(static p => new PasswordHashing(Options<IdentityOptions>(p), Metrics(p)));
        Add(static p => new AccessFeed(Data(p), Get<AccessChanges>(p), Time(p), Get<ILogger<AccessFeed>>(p)));
        Add(static p => new AccessChangeLog(Get<AccessFeed>(p), Time(p)));
        Add(static p => new AccessStates(Data(p), Get<AccessFeed>(p), Time(p)));
        Add(static p => new LastUses(Data(p), Time(p)));
        Add(static p => new Credentials(Get<AccessTokens>(p), Get<SigningKeys>(p), Get<AccessStates>(p), Get<LastUses>(p), Time(p)));
        Add(static p => new AuditLog(Data(p), Metrics(p), Time(p), p.GetService<IAuditFollower>()));
        Add(static p => new Roles(Data(p), Get<AccessChangeLog>(p), Get<AuditLog>(p), Time(p)));
        Add(static p => new ApiKeys(Data(p), Get<AccessChangeLog>(p), Get<AuditLog>(p), Time(p)));
        Add(static p => new MailTokens(Time(p)));
        Add(static p => new MailDesk(Get<IMailOutbox>(p), Time(p)));
        Add(static p => new MailDelivery(Data(p), Get<IMailSender>(p), Get<MailTokens>(p), Options<MailOptions>(p), Options<IdentityOptions>(p), Metrics(p), Time(p)));
        Add(static p => new Sessions(
            Data(p), Get<AccessTokens>(p), Get<SigningKeys>(p), Get<Credentials>(p), Get<AccessChangeLog>(p), Get<AuditLog>(p), Metrics(p), Options<IdentityOptions>(p), Time(p), Get<ILogger<Sessions>>(p)));
        Add(static p => new LogInThrottle(Time(p)));
        Add(static p => new LogIn(
            Data(p), Get<PasswordHashing>(p), Get<Sessions>(p), Get<LogInThrottle>(p), Get<MailDesk>(p), Get<AuditLog>(p), Metrics(p), Options<IdentityOptions>(p), Time(p)));
        Add(static p => new Accounts(Data(p), Get<PasswordHashing>(p), Get<Sessions>(p), Get<MailDesk>(p), Get<AccessChangeLog>(p), Get<AuditLog>(p), Time(p)));
        Add(static p => new Registration(
            Data(p), Get<PasswordHashing>(p), Get<Sessions>(p), Get<MailDesk>(p), Get<MailTokens>(p), Get<AccessChangeLog>(p), Get<AuditLog>(p), Options<IdentityOptions>(p), Time(p)));
        Add(static p => new OwnAccount(
            Data(p), Get<PasswordHashing>(p), Get<Sessions>(p), Get<LogInThrottle>(p), Get<MailDesk>(p), Get<MailTokens>(p), Get<AccessChangeLog>(p), Get<AuditLog>(p), Time(p)));
        Add(static p => new IdentityUpkeep(
            Data(p), Get<AccessFeed>(p), Get<LastUses>(p), Get<AuditLog>(p), Get<Sessions>(p), Get<MailDesk>(p), Get<MailTokens>(p), Get<SigningKeys>(p), Options<IdentityOptions>(p)));
        return services;

        void Add<T>(Func<IServiceProvider, T> create)
            where T : class => services.TryAddSingleton(create);
    }

    private static T Get<T>(IServiceProvider provider)
        where T : notnull => provider.GetRequiredService<T>();

    private static Database Data(IServiceProvider provider) => provider.GetRequiredService<Database>();

    private static TimeProvider Time(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();

    private static IdentityMetrics Metrics(IServiceProvider provider) => provider.GetRequiredService<IdentityMetrics>();

    private static IOptions<T> Options<T>(IServiceProvider provider)
        where T : class => provider.GetRequiredService<IOptions<T>>();
}
