using Causeway.Hosting;
using Causeway.Relay;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves a static site.</summary>
public static class SiteApplicationBuilderExtensions
{
    /// <summary>
    /// Answers every request that no endpoint takes: with a file of the directory, with the page for browsers that navigate, else with an error in the one
    /// shape. Endpoints come first, and what they refuse (405 and its <c>Allow</c> among it) stays as it is.
    /// </summary>
    /// <remarks>
    /// Put it behind routing (a <c>WebApplication</c> has it at the front by itself). Paths of <see cref="SiteOptions.AlwaysReserved"/> and
    /// <see cref="SiteOptions.Reserved"/> are never the site's. Names beginning with a dot are not served, but for <c>/.well-known/</c>; links
    /// are followed only inside the directory. A page's tag is a hash of its content, taken each time; another file's is taken once per
    /// length and time of writing, over 8 MiB made of these two.
    /// </remarks>
    /// <param name="app">The application.</param>
    /// <param name="options">A relative directory starts at the process's working directory. Nothing is done without a directory.</param>
    /// <exception cref="ConfigurationException">The directory or the page is missing; the keys are those under <c>Relay:Site</c>.</exception>
    public static IApplicationBuilder MapSite(this IApplicationBuilder app, SiteOptions options)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Directory is not { } directory)
        {
            return app;
        }

        var problems = options.Problems(Environment.CurrentDirectory).Select(static problem => problem with { Key = "Relay:Site:" + problem.Key }).ToList();
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Relay.Site");
        var site = new Site(Path.GetFullPath(directory), options, logger);
        return app.Use(next => context => context.GetEndpoint() is null ? site.AnswerAsync(context) : next(context));
    }
}
