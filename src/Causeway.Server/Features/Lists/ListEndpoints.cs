using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Causeway.Data;
using Causeway.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>Maps lists and their exports, the same way for all of them.</summary>
internal static class ListEndpoints
{
    private const string Saved = "attachment, with a file's name.";
    private const int ExportedAtOnce = 100;
    private const int MostQuery = 500;

    /// <summary>The list's pages at <c>GET</c> of the group.</summary>
    /// <param name="group">Where the list is.</param>
    /// <param name="list">The list.</param>
    /// <param name="shape">Makes of a row what the API shows of it.</param>
    /// <param name="scope">What a caller may see at all, by the request's path too.</param>
    /// <param name="path">Where in the group.</param>
    /// <param name="complete">Adds to a page's items what their rows don't have; null for nothing.</param>
    public static RouteHandlerBuilder MapList<TRow, T>(
        this RouteGroupBuilder group,
        ApiList<TRow> list,
        Func<TRow, T> shape,
        Func<HttpContext, Caller, ListScope> scope,
        string path = "",
        Completion<T>? complete = null) =>
        group.MapGet(path, (HttpContext context, RequestedList asked, Caller caller, Database database, CancellationToken cancellationToken) =>
                list.PageAsync(database, asked, Whole(context, shape, complete), scope(context, caller), cancellationToken))
            .WithList(list.Schema).Answers<ListPage<T>>(200).Refuses(422, 503);

    /// <summary>The list as files at <c>export.csv</c> and <c>export.ndjson</c> of the group, row by row.</summary>
    /// <param name="group">Where the list is.</param>
    /// <param name="list">The list.</param>
    /// <param name="rule">Who may have it.</param>
    /// <param name="noun">What it is a list of, in the plural and in lower case: for names and summaries.</param>
    /// <param name="shape">Makes of a row what the API shows of it.</param>
    /// <param name="table">The columns of the CSV file.</param>
    /// <param name="scope">As for <see cref="MapList"/>.</param>
    /// <param name="complete">As for <see cref="MapList"/>; asked for some rows at a time.</param>
    public static void MapExports<TRow, T>(
        this RouteGroupBuilder group,
        ApiList<TRow> list,
        AccessRule rule,
        string noun,
        Func<TRow, T> shape,
        CsvTable<T> table,
        Func<HttpContext, Caller, ListScope> scope,
        Completion<T>? complete = null)
    {
        group.MapGet("/export.csv", (HttpContext context, RequestedList asked, ExportRequest export, Caller caller, Database database) =>
                Export.Csv(ShapeAsync(list.StreamAsync(database, asked, scope(context, caller)), Whole(context, shape, complete)), table, $"{noun}.csv", export.Csv))
            .IsCsvOf(list.Schema, noun).Needs(rule);
        group.MapGet("/export.ndjson", (HttpContext context, RequestedList asked, Caller caller, Database database, IOptions<JsonOptions> json) =>
                Export.Ndjson(
                    ShapeAsync(list.StreamAsync(database, asked, scope(context, caller)), Whole(context, shape, complete)),
                    (JsonTypeInfo<T>)json.Value.SerializerOptions.GetTypeInfo(typeof(T)),
                    $"{noun}.ndjson"))
            .IsNdjsonOf(list.Schema, noun).Needs(rule);
    }

    /// <summary>The endpoint is a list's export as CSV.</summary>
    public static RouteHandlerBuilder IsCsvOf(this RouteHandlerBuilder endpoint, ListSchema schema, string noun) => endpoint
        .WithName($"export{TitleOf(noun)}AsCsv").WithSummary($"Export {noun} as a CSV file, row by row, in the order and with the filters of the list.")
        .WithExport(schema).Produces<string>(200, "text/csv").Sends(200, "Content-Disposition", Saved).Refuses(422, 503)
        .Audits($"{noun}.export", target: null, Describe("csv"));

    /// <summary>The endpoint is a list's export as NDJSON.</summary>
    public static RouteHandlerBuilder IsNdjsonOf(this RouteHandlerBuilder endpoint, ListSchema schema, string noun) => endpoint
        .WithName($"export{TitleOf(noun)}AsNdjson").WithSummary($"Export {noun} as one JSON object per line, in the order and with the filters of the list.")
        .WithExport(schema).Produces<string>(200, Export.NdjsonType).Sends(200, "Content-Disposition", Saved).Refuses(422, 503)
        .Audits($"{noun}.export", target: null, Describe("ndjson"));

    /// <summary>For the audit log: what somebody took along.</summary>
    private static Func<EndpointFilterInvocationContext, JsonObject?> Describe(string format) => invocation =>
    {
        var query = invocation.HttpContext.Request.QueryString.Value;
        var details = new JsonObject { ["format"] = format };
        if (query is { Length: > 1 })
        {
            details["query"] = query[1..Math.Min(query.Length, MostQuery)];
        }

        return details;
    };

    private static Shaping<TRow, T> Whole<TRow, T>(HttpContext context, Func<TRow, T> shape, Completion<T>? complete) => complete is null
        ? ApiList<TRow>.Each(shape)
        : (rows, cancellationToken) => complete(context.RequestServices, [.. rows.Select(shape)], cancellationToken);

    private static string TitleOf(string noun) => char.ToUpperInvariant(noun[0]) + noun[1..];

    private static async IAsyncEnumerable<T> ShapeAsync<TRow, T>(
        IAsyncEnumerable<TRow> rows, Shaping<TRow, T> shape, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var some in rows.Chunk(ExportedAtOnce).WithCancellation(cancellationToken))
        {
            foreach (var item in await shape(some, cancellationToken))
            {
                yield return item;
            }
        }
    }
}

/// <summary>Makes of rows what the API shows of them.</summary>
internal delegate ValueTask<IReadOnlyList<T>> Shaping<TRow, T>(IReadOnlyList<TRow> rows, CancellationToken cancellationToken);

/// <summary>Adds to the items of a list what their rows don't have.</summary>
internal delegate ValueTask<IReadOnlyList<T>> Completion<T>(IServiceProvider services, IReadOnlyList<T> items, CancellationToken cancellationToken);
