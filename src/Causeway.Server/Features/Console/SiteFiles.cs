using System.Reflection;
using Microsoft.AspNetCore.StaticFiles;

namespace Causeway.Server;

/// <summary>The files of the console and of the documentation page. They are inside the program, so it serves them from whatever directory it is started in.</summary>
internal static class SiteFiles
{
    private const string ResourcePrefix = "wwwroot/";
    private const string IndexName = "index.html";

    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    /// <summary>One endpoint for each file: unknown paths stay a 404 and a wrong method a 405.</summary>
    /// <param name="app">The application.</param>
    /// <param name="settings">Say where the console is and whether the files under <c>/docs</c> are served.</param>
    public static void MapSiteFiles(this IEndpointRouteBuilder app, ServerSettings settings)
    {
        var files = app.MapGroup("").WithMetadata(AdminArea.Instance);
        MapOtherAddress(files, settings);
        var assembly = typeof(SiteFiles).Assembly;
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            var path = "/" + name[ResourcePrefix.Length..].Replace('\\', '/');
            var isDocs = path.StartsWith("/docs/", StringComparison.Ordinal);
            if (isDocs && !settings.ServesDocs)
            {
                continue;
            }

            var file = Load(assembly, name, path);
            var route = RouteOf(isDocs ? path : settings.ConsolePath + path[1..]);
            files.MapMethods(route, [HttpMethods.Get, HttpMethods.Head], file.Serve).ExcludeFromDescription();
        }
    }

    /// <summary>An index is served at its directory, and only there.</summary>
    private static string RouteOf(string path) => path.EndsWith("/" + IndexName, StringComparison.Ordinal) ? path[..^IndexName.Length] : path;

    /// <summary>A link to <c>/_console</c> is always good; and where a site has the root, that of an admin address has nothing else to show.</summary>
    private static void MapOtherAddress(RouteGroupBuilder files, ServerSettings settings)
    {
        var isAtRoot = settings.ConsolePath == "/";
        if (!isAtRoot && settings.Server.AdminUrls is null)
        {
            return;
        }

        files.MapMethods(isAtRoot ? ServerSettings.MovedConsolePath : "/", [HttpMethods.Get, HttpMethods.Head], context =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            context.Response.Redirect(settings.ConsolePath);
            return Task.CompletedTask;
        }).ExcludeFromDescription();
    }

    private static SiteFile Load(Assembly assembly, string name, string path)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var type = ContentTypes.TryGetContentType(path, out var known) ? known : "application/octet-stream";
        return new SiteFile(
            content,
            type.StartsWith("text/", StringComparison.Ordinal) || type.EndsWith("javascript", StringComparison.Ordinal) ? type + "; charset=utf-8" : type);
    }
}
