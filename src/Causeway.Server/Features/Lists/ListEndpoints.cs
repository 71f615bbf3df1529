using System.Runtime.CompilerServices;
using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Maps lists and their exports, the same way for all of them.</summary>
internal static class ListEndpoints
{
    private const string Saved = "attachment, with a file's name.";
    private const int ExportedAtOnce = 100;

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
                list.PageAsync(database, asked, Whole(context.RequestServices, shape, complete), scope(context, caller), cancellationToken))
            .WithList(list.Schema).Answers<ListPage<T>>(200).Refuses(422, 503);

    /// <summary>The list as files at <c>export.csv</c> and <c>export.ndjson</c> of the group, row by row.</summary>
    public static void MapExports<T>(this RouteGroupBuilder group, ListExport<T> export)
    {
        group.MapGet("/export.csv", (HttpContext context, RequestedList asked, ExportRequest request, Caller caller) =>
                Export.Csv(export.Rows(context.RequestServices, caller, asked, context.Request.Query), export.Table, $"{export.Noun}.csv", request.Csv))
            .IsCsvOf(export);
        group.MapGet("/export.ndjson", (HttpContext context, RequestedList asked, Caller caller) =>
                Export.Ndjson(export.Rows(context.RequestServices, caller, asked, context.Request.Query), ListExport<T>.JsonOf(context.RequestServices), $"{export.Noun}.ndjson"))
            .IsNdjsonOf(export);
    }

    /// <summary>A list of the database as one that can be had whole.</summary>
    /// <param name="list">The list.</param>
    /// <param name="noun">What it is a list of, in the plural and in lower case.</param>
    /// <param name="rule">Who may have it.</param>
    /// <param name="shape">Makes of a row what the API shows of it.</param>
    /// <param name="table">The columns of the CSV file.</param>
    /// <param name="scope">What a caller may see at all.</param>
    /// <param name="complete">As for <see cref="MapList"/>; asked for some rows at a time.</param>
    public static ListExport<T> ToExport<TRow, T>(
        this ApiList<TRow> list, string noun, AccessRule rule, Func<TRow, T> shape, CsvTable<T> table, Func<Caller, ListScope> scope, Completion<T>? complete = null) =>
        new(noun, list.Schema, rule, table, (services, caller, asked, _) =>
            ShapeAsync(list.StreamAsync(services.GetRequiredService<Database>(), asked, scope(caller)), Whole(services, shape, complete)));

    /// <summary>The endpoint is a list's export as CSV.</summary>
    public static RouteHandlerBuilder IsCsvOf(this RouteHandlerBuilder endpoint, ListExport export) => endpoint
        .WithName($"export{TitleOf(export.Noun)}AsCsv").WithSummary($"Export {export.Noun} as a CSV file, row by row, in the order and with the filters of the list.")
        .WithExport(export.Schema).Produces<string>(200, "text/csv").Sends(200, "Content-Disposition", Saved).Refuses(422, 503)
        .Audits(export.Action, target: null, static invocation => ListExport.Describe(ListExport.Csv, invocation.HttpContext.Request.QueryString.Value)).Needs(export.Rule);

    /// <summary>The endpoint is a list's export as NDJSON.</summary>
    public static RouteHandlerBuilder IsNdjsonOf(this RouteHandlerBuilder endpoint, ListExport export) => endpoint
        .WithName($"export{TitleOf(export.Noun)}AsNdjson").WithSummary($"Export {export.Noun} as one JSON object per line, in the order and with the filters of the list.")
        .WithExport(export.Schema).Produces<string>(200, Export.NdjsonType).Sends(200, "Content-Disposition", Saved).Refuses(422, 503)
        .Audits(export.Action, target: null, static invocation => ListExport.Describe(ListExport.Ndjson, invocation.HttpContext.Request.QueryString.Value)).Needs(export.Rule);

    private static Shaping<TRow, T> Whole<TRow, T>(IServiceProvider services, Func<TRow, T> shape, Completion<T>? complete) => complete is null
        ? ApiList<TRow>.Each(shape)
        : (rows, cancellationToken) => complete(services, [.. rows.Select(shape)], cancellationToken);

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
