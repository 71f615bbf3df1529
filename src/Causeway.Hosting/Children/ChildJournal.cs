using System.Text.Json;

namespace Causeway.Hosting;

/// <summary>
/// The children on disk, a file each: written before a child is started, so that one whose service dies in the very next moment is found by the
/// next, and deleted once it is gone.
/// </summary>
/// <param name="directory">A directory of the journal's own; made when it is needed.</param>
internal sealed class ChildJournal(string directory)
{
    private const int MaxBytes = 1024 * 1024;

    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true };

    /// <summary>Writes or replaces a record.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public void Write(ChildRecord record)
    {
        PrivateDirectory.Create(directory);
        PrivateFile.Write(PathOf(record.Id), JsonSerializer.SerializeToUtf8Bytes(record, Format));
    }

    /// <summary>Forgets a child.</summary>
    public void Delete(string id) => DeleteFile(PathOf(id));

    /// <summary>Every record there is.</summary>
    /// <param name="unreadable">Told the files that are none.</param>
    public IReadOnlyList<ChildRecord> Read(Action<string, Exception> unreadable)
    {
        var records = new List<ChildRecord>();
        if (!Directory.Exists(directory))
        {
            return records;
        }

        foreach (var path in Directory.EnumerateFiles(directory, "*.json"))
        {
            try
            {
                // The name counts: it is what will be deleted, and what the environment of a child is searched for.
                var record = JsonSerializer.Deserialize<ChildRecord>(PrivateFile.Read(path, MaxBytes), Format);
                if (record is null || record.Id != Path.GetFileNameWithoutExtension(path) || record.Id.Length != 32 || !record.Id.All(char.IsAsciiHexDigitLower))
                {
                    throw new InvalidDataException("It is not the record its name says.");
                }

                records.Add(record);
            }
            catch (FileNotFoundException)
            {
                // Its owner has just deleted it.
            }
            catch (Exception exception) when (exception is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
            {
                unreadable(path, exception);
            }
        }

        return records;
    }

    private static void DeleteFile(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start finds the record, and nobody who belongs to it.
        }
    }

    private string PathOf(string id) => Path.Combine(directory, id + ".json");
}
