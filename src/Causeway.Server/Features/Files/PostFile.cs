using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Causeway.Data;
using Causeway.Realtime;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>Posts a file in a room: its members get a message of the type <c>file</c>, and whoever may join the room may download the file while it is posted there.</summary>
internal static class PostFile
{
    public const string MessageType = "file";

    /// <summary>Which file.</summary>
    [Example("""{"file_id":"0193a5e2-7c1f-7d7a-9f0e-3b8f4c2d1a60"}""")]
    internal sealed record PostFileRequest
    {
        /// <summary>The file's id; one that the caller may see.</summary>
        [Required]
        public string? FileId { get; init; }
    }

    /// <summary>What members get.</summary>
    private sealed record FileMessage(string FileId, string Name, long Size, string ContentType, string Sha256, string Url);

    /// <summary>Where the message stands.</summary>
    /// <param name="FileId">The file.</param>
    /// <param name="Id">The message's unique id.</param>
    /// <param name="Offset">Its position in the room; null where the namespace keeps no history.</param>
    /// <param name="Epoch">The life of the log that the position belongs to.</param>
    internal sealed record PostedFile(string FileId, Guid Id, long? Offset, string? Epoch);

    public static async Task<IResult> HandleAsync(
        string room_id,
        JsonBody<PostFileRequest> body,
        Caller caller,
        FileAccess access,
        FileStore files,
        Realtime.Rooms rooms,
        IOptions<JsonOptions> json,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(body.Value.FileId is not null, "file_id", "Must be a file's id.");
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (await access.FindReadableAsync(caller, body.Value.FileId!, cancellationToken) is not { } file)
        {
            return FieldErrors.For("file_id", "There is no such file.").ToResult();
        }

        // First the right to read it, then the message: whoever gets that can download at once.
        bool isNew;
        try
        {
            isNew = await files.PostAsync(room!.Value, file.Id, caller.UserId, cancellationToken);
        }
        catch (ForeignKeyViolationException)
        {
            return FieldErrors.For("file_id", "There is no such file.").ToResult();
        }

        var message = new FileMessage(file.Id, file.Name, file.Size, file.ContentType, file.Sha256, FileResponse.UrlOf(file.Id));
        var payload = JsonSerializer.SerializeToUtf8Bytes(message, json.Value.SerializerOptions);
        var result = await rooms.PublishAsync(room, MessageType, payload, new PublishOptions { From = caller.Sender }, cancellationToken);
        if (result.Error is not { } refused)
        {
            return TypedResults.Json(new PostedFile(file.Id, result.Id, result.Offset, result.Epoch), statusCode: StatusCodes.Status201Created);
        }

        if (isNew)
        {
            await files.WithdrawAsync(room.Value, file.Id, CancellationToken.None);
        }

        return refused.ToResult();
    }
}
