using Causeway.Http;

namespace Causeway.Server;

/// <summary>A file as the API shows it.</summary>
internal sealed record FileResponse
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is: a user's id, or the name of another credential.</summary>
    public required string OwnerId { get; init; }

    /// <summary>Its name for people.</summary>
    public required string Name { get; init; }

    /// <summary>Its media type, as its bytes confirmed it.</summary>
    public required string ContentType { get; init; }

    /// <summary>Its length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The SHA-256 of its bytes, in hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Where its bytes are.</summary>
    public required string Url { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its name last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The columns of an export.</summary>
    public static CsvTable<FileResponse> Table { get; } = new()
    {
        { "id", static (csv, file) => csv.Write(file.Id) },
        { "owner_id", static (csv, file) => csv.Write(file.OwnerId) },
        { "name", static (csv, file) => csv.Write(file.Name) },
        { "content_type", static (csv, file) => csv.Write(file.ContentType) },
        { "size", static (csv, file) => csv.Write(file.Size) },
        { "sha256", static (csv, file) => csv.Write(file.Sha256) },
        { "created_at", static (csv, file) => csv.Write(file.CreatedAt) },
        { "updated_at", static (csv, file) => csv.Write(file.UpdatedAt) },
    };

    public static string PathOf(string id) => $"/api/v1/files/{id}";

    public static string UrlOf(string id) => $"/api/v1/files/{id}/content";

    public static FileResponse From(FileRow file) => new()
    {
        Id = file.Id,
        OwnerId = file.OwnerId,
        Name = file.Name,
        ContentType = file.ContentType,
        Size = file.Size,
        Sha256 = file.Sha256,
        Url = UrlOf(file.Id),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(file.CreatedAt),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(file.UpdatedAt),
    };
}
