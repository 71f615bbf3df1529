using System.Text.Json.Serialization.Metadata;
using Causeway.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>Lists rooms, stored or not: page by page, and whole as a file.</summary>
internal static class ListRooms
{
    public static Task<IResult> HandleAsync(
        string? prefix, string? member, RequestedList asked, Caller caller, RoomListing listing, CancellationToken cancellationToken) =>
        listing.AnswerPageAsync(asked, prefix, member, caller, cancellationToken);

    public static IResult ExportCsv(string? prefix, string? member, RequestedList asked, ExportRequest export, Caller caller, RoomListing listing) =>
        Export.Csv(listing.Stream(asked, prefix, member, caller), RoomList.Table, "rooms.csv", export.Csv);

    public static IResult ExportNdjson(string? prefix, string? member, RequestedList asked, Caller caller, RoomListing listing, IOptions<JsonOptions> json) =>
        Export.Ndjson(
            listing.Stream(asked, prefix, member, caller), (JsonTypeInfo<RoomResponse>)json.Value.SerializerOptions.GetTypeInfo(typeof(RoomResponse)), "rooms.ndjson");
}
