using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Makes stored rooms of the rows of a CSV file; what is wrong is told by line.</summary>
internal static class ImportRooms
{
    /// <summary>The largest file, in bytes.</summary>
    public const long MaxBytes = 64 * 1_048_576;

    // An export has these too: the room's own, that nobody sets.
    private static readonly string[] Ignored = ["namespace", "created_by", "created_at", "updated_at", "connections", "members"];

    private static readonly CsvImport<ImportedRoom> Import = new(
        [
            new("room_id") { IsRequired = true, Aliases = ["room"] },
            new("title"),
            new("description"),
            new("join"),
            new("publish"),
            new("history"),
            new("history_seconds"),
            new("presence"),
            new("max_members"),
            new("slow_consumer"),
            new("allowed_users"),
            new("permanent"),
            .. Ignored.Select(static name => new CsvImportColumn(name)),
        ],
        Read)
    {
        Key = ("room_id", static room => room.Room.RoomId),
    };

    /// <summary>A room of a row.</summary>
    /// <param name="Room">What it is to be.</param>
    /// <param name="AllowedUsers">Who are to be members.</param>
    /// <param name="IsPassing">Whether the row is of a room that came to be by itself, which nobody makes.</param>
    private sealed record ImportedRoom(StoredRoom Room, IReadOnlyList<string> AllowedUsers, bool IsPassing);

    public static ListImport List { get; } = new ListImport<ImportedRoom>("rooms", AccessRule.Operator("rooms:write"), Import, WriteAsync);

    public static Task<CsvImportReport> HandleAsync(CsvImportRequest request, Caller caller, HttpContext context) => Import.RunAsync(
        context, request, new CsvImportLimits { MaxBytes = MaxBytes },
        (batch, cancellationToken) => WriteAsync(context.RequestServices, caller, Origins.Of(context), batch, also: null, cancellationToken));

    private static async Task WriteAsync(
        IServiceProvider services, Caller caller, AuditOrigin origin, CsvImportBatch<ImportedRoom> batch, Func<UnitOfWork, CancellationToken, Task>? also, CancellationToken cancellationToken)
    {
        var (store, audit) = (services.GetRequiredService<RoomStore>(), services.GetRequiredService<RoomAudit>());
        await services.GetRequiredService<Database>().WriteBatchAsync(
            batch.DryRun,
            async (unit, token) =>
            {
                var wanted = new List<NewRoom>();
                foreach (var row in batch.Rows)
                {
                    if (row.Value.IsPassing)
                    {
                        row.Outcome = CsvImportOutcome.Skipped;
                    }
                    else
                    {
                        wanted.Add(new NewRoom(row.Value.Room, RoomRules.RolesOf(row.Value.AllowedUsers, caller)));
                    }
                }

                var made = await store.CreateManyAsync(
                    unit, wanted, caller.UserId, (room, stored) => audit.CreatedAsync(unit, origin, stored, room.Roles.Count, token), token);
                foreach (var row in batch.Rows.Where(row => !row.Value.IsPassing && !made.Contains(row.Value.Room.RoomId)))
                {
                    row.Fail("room_id", RoomErrors.Taken(RoomId.Parse(row.Value.Room.RoomId)).Message);
                }

                await (also?.Invoke(unit, token) ?? Task.CompletedTask);
            },
            cancellationToken);
        await services.GetRequiredService<RoomChanges>().CatchUpAsync(cancellationToken);
    }

    private static ImportedRoom Read(CsvRow row)
    {
        var id = row.Required("room_id");
        row.Check(id.Length == 0 || RoomId.TryParse(id, null, out _), "room_id", Wire.RoomIdRule);
        row.Check(!RoomRules.IsReserved(id), "room_id", RoomRules.ReservedRule);
        var (title, description, users) = (row.Text("title"), row.Text("description"), row.List("allowed_users"));
        var settings = new RoomSettingsDocument
        {
            Join = Word<JoinRule>(row, "join"),
            Publish = Word<PublishRule>(row, "publish"),
            History = Number(row, "history"),
            HistorySeconds = Number(row, "history_seconds"),
            Presence = row.Boolean("presence"),
            MaxMembers = Number(row, "max_members"),
            SlowConsumer = Word<SlowConsumerPolicy>(row, "slow_consumer"),
        };
        var errors = new FieldErrors();
        RoomRules.Check(errors, title, description, settings, users);
        foreach (var (field, rule) in errors.All)
        {
            row.Fail(field[(field.IndexOf('.', StringComparison.Ordinal) + 1)..], rule);
        }

        var room = new StoredRoom { RoomId = id, Title = title, Description = description, Settings = StoredRoom.WriteOverrides(settings.ToOverrides()) };
        return new ImportedRoom(room, users, row.Boolean("permanent") == false);
    }

    private static T? Word<T>(CsvRow row, string column)
        where T : struct, Enum
    {
        if (row.Text(column)?.Trim() is not { Length: > 0 } word)
        {
            return null;
        }

        var value = SettingWords.Read<T>(word);
        row.Check(value is not null, column, SettingWords.RuleOf<T>());
        return value;
    }

    // One beyond any int is beyond any limit as well.
    private static int? Number(CsvRow row, string column) => row.Number(column) is { } number ? (int)Math.Clamp(number, int.MinValue, int.MaxValue) : null;
}
