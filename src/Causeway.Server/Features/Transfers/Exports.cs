using Microsoft.AspNetCore.WebUtilities;

namespace Causeway.Server;

/// <summary>The lists that can be had as a file.</summary>
internal static class Exports
{
    public static IReadOnlyList<ListExport> All { get; } = [UserList.Export, RoomList.Export, FileStore.Export, AuditEndpoints.Export];

    /// <summary>The list of a name; null for none.</summary>
    public static ListExport? Find(string? noun) => All.FirstOrDefault(one => one.Noun == noun);

    /// <summary>The same for a request: where the service has admin addresses, what is for whoever runs it is nowhere else.</summary>
    public static ListExport? Find(string? noun, HttpContext context, ServerSettings settings) =>
        Find(noun) is { } one && (!one.Rule.IsForOperators || settings.Server.AdminUrls is null || AdminListener.IsAdmin(context, settings)) ? one : null;

    /// <summary>What stands in a query.</summary>
    public static IQueryCollection ReadQuery(string? query) => new QueryCollection(QueryHelpers.ParseQuery(query));
}
