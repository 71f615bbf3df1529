using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Http;

/// <summary>Which page of a list is asked for: <c>?cursor=&amp;limit=</c>. An endpoint takes it as a parameter.</summary>
public sealed class PageRequest
{
    /// <summary>Items on a page where the request doesn't say.</summary>
    public const int DefaultLimit = 20;

    /// <summary>The most items a page may have.</summary>
    public const int MaxLimit = 100;

    private readonly CursorProtector _protector;

    /// <summary>Creates a request.</summary>
    /// <param name="protector">Signs the cursors.</param>
    /// <param name="cursor">Where the last page ended; null for the first page.</param>
    /// <param name="limit">1–100.</param>
    public PageRequest(CursorProtector protector, string? cursor = null, int limit = DefaultLimit)
    {
        ArgumentNullException.ThrowIfNull(protector);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
        _protector = protector;
        Cursor = cursor;
        Limit = limit;
    }

    /// <summary>Where the last page ended, as the client gave it; null for the first page.</summary>
    public string? Cursor { get; }

    /// <summary>How many items at most.</summary>
    /// <value>1–100. Default 20.</value>
    public int Limit { get; }

    /// <summary>Reads <c>cursor</c> and <c>limit</c> from a request's query.</summary>
    /// <exception cref="ApiErrorException">One of them is out of range: 422, naming it.</exception>
    public static ValueTask<PageRequest?> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query["limit"] is { Count: > 0 } limits
            && (limits is not [{ } text]
                || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                || limit is < 1 or > MaxLimit))
        {
            throw Refusal("limit", $"must be one whole number from 1 to {MaxLimit}");
        }

        var cursors = query["cursor"];
        if (cursors.Count > 1)
        {
            throw Refusal("cursor", "must stand once");
        }

        // An empty cursor is the first page, so that a client may always send the parameter.
        var cursor = cursors is [{ Length: > 0 } given] ? given : null;
        var protector = context.RequestServices?.GetService<CursorProtector>() ?? CursorProtector.OfProcess;
        return ValueTask.FromResult<PageRequest?>(new PageRequest(protector, cursor, limit));
    }

    /// <summary>The key that the cursor stands for; null for the first page.</summary>
    /// <exception cref="ApiErrorException">The cursor is not one of this list: 422, naming it.</exception>
    public string? ReadCursor(string listName)
    {
        if (Cursor is null)
        {
            return null;
        }

        return _protector.TryUnprotect(listName, Cursor, out var key)
            ? key
            : throw Refusal("cursor", "is not one that this list gave out; start again without it");
    }

    /// <summary>The cursor for the page that begins after a key.</summary>
    public string WriteCursor(string listName, string key) => _protector.Protect(listName, key);

    private static ApiErrorException Refusal(string field, string rule) => new(new ApiError(ErrorCode.ValidationError, $"The parameter '{field}' {rule}.")
    {
        Details = new JsonObject { ["fields"] = new JsonObject { [field] = rule } },
    });
}
