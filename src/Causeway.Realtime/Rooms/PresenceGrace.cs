using System.Collections.Concurrent;

namespace Causeway.Realtime;

/// <summary>Users whose last device left a room, until the room says that they are gone. All wait equally long, so a queue keeps them in order.</summary>
internal sealed class PresenceGrace(TimeProvider time)
{
    /// <summary>How long a user may be away unnoticed.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<Absence> _absences = new();

    public void Add(Room room, string userId, int number) =>
        _absences.Enqueue(new Absence(room, userId, number, time.GetTimestamp()));

    /// <summary>Ends the grace of those who have been away for long enough.</summary>
    public void Expire()
    {
        while (_absences.TryPeek(out var absence) && time.GetElapsedTime(absence.Since) >= Period && _absences.TryDequeue(out absence))
        {
            absence.Room.Attendance.EndGrace(absence.UserId, absence.Number);
        }
    }

    private readonly record struct Absence(Room Room, string UserId, int Number, long Since);
}
