using Causeway.Http;

namespace Causeway.Server;

/// <summary>Files: upload, list, show, download, rename, delete, export; and files in rooms.</summary>
internal static class FileEndpoints
{
    private const string Version = "The file's version, for If-Match.";

    public static void MapFileEndpoints(this RouteGroupBuilder api, FilesOptions options)
    {
        var files = api.MapGroup("/files").WithTags("Files");

        files.MapList(FileStore.List, FileResponse.From, static (_, caller) => FileAccess.Scope(caller))
            .WithName("listFiles").WithSummary("List files: one's own, or with files:read all.")
            .Needs(AccessRule.Credential);
        files.MapPost("", UploadFile.HandleAsync)
            .WithName("uploadFile").WithSummary("Upload a file: as the body, or as the last part of a form. Its name is in the query, in Content-Disposition or in the form.")
            .Needs(AccessRule.Credential).TakesUpTo(options.MaxBodyBytes).WithMetadata(IdempotencyKeyMetadata.Instance, UploadMetadata.Instance)
            .WithRateLimit(RateLimitPolicies.Upload)
            .Answers<FileResponse>(201).Sends(201, "ETag", Version).Refuses(408, 409, 413, 415, 422, 503, 507);
        files.MapExports(FileStore.Export);
        files.MapGet("/{id}", GetFile.HandleAsync)
            .WithName("getFile").WithSummary("Show what is known of a file.")
            .Needs(AccessRule.Credential).Answers<FileResponse>(200).Answers(304).Sends(200, "ETag", Version).Refuses(404, 503);
        files.MapGet("/{id}/content", DownloadFile.HandleAsync)
            .WithName("downloadFile").WithSummary("Download a file: whole, or in ranges (Range, If-Range), and conditionally. Always as an attachment.")
            .Needs(AccessRule.Credential).Produces(200).Produces(206).Produces(304).WithMetadata(DownloadMetadata.Instance).Refuses(404, 412, 416, 503)
            .SendsContentHeaders(200, 206, 304);
        files.MapPatch("/{id}", UpdateFile.HandleAsync)
            .WithName("updateFile").WithSummary("Rename a file.")
            .Needs(AccessRule.Credential).Answers<FileResponse>(200).Sends(200, "ETag", Version).Refuses(404, 412, 503);
        files.MapDelete("/{id}", DeleteFile.HandleAsync)
            .WithName("deleteFile").WithSummary("Delete a file, in rooms too.")
            .Needs(AccessRule.Credential).Answers(204).Refuses(404, 412, 503);

        var inRoom = api.MapGroup("/rooms/{room_id}/files").WithTags("Files");
        inRoom.MapGet("", ListRoomFiles.HandleAsync)
            .WithName("listRoomFiles").WithSummary("List the files that are posted in a room.")
            .WithList(FileStore.InRoom.Schema).Needs(AccessRule.ReadRoom).Answers<ListPage<FileResponse>>(200).Refuses(404, 422, 503);
        inRoom.MapPost("", PostFile.HandleAsync)
            .WithName("postFile").WithSummary("Post a file in a room: its members get a message of the type file, and may download it.")
            .Needs(AccessRule.PublishToRoom).TakesIdempotencyKey().Answers<PostFile.PostedFile>(201).Refuses(404, 413, 503);
        inRoom.MapDelete("/{file_id}", WithdrawFile.HandleAsync)
            .WithName("withdrawFile").WithSummary("Take a file out of a room: its owner, files:write or rooms:write may.")
            .Needs(AccessRule.Credential).Answers(204).Refuses(404, 422, 503);
    }

    private static RouteHandlerBuilder SendsContentHeaders(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Sends(status, "ETag", "The content's SHA-256.")
                .Sends(status, "Content-Disposition", "attachment, with the file's name.")
                .Sends(status, "Accept-Ranges", "bytes")
                .Sends(status, "Last-Modified", "When the file came.")
                .Sends(status, "Repr-Digest", "The content's SHA-256 (RFC 9530).");
        }

        return endpoint.Sends(206, "Content-Range", "Which part it is, where one range was asked for.");
    }
}
