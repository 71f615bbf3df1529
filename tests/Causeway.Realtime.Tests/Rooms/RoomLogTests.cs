using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Realtime.Tests;

/// <summary>D3: the log keeps the newest by number and age, whatever happens.</summary>
public sealed class RoomLogTests
{
    [Fact]
    public void AppendAndTrim_AnySequence_KeepWhatAListWouldKeep()
    {
        var steps = Gen.ArrayOf(Gen.Choose(-3, 6)).ToArbitrary();
        Prop.ForAll(steps, Gen.Choose(1, 12).ToArbitrary(), Gen.Choose(0, 10).ToArbitrary(), static (steps, capacity, maxAge) =>
        {
            var log = new RoomLog(capacity, maxAge);
            var model = new List<RoomMessage>();
            long offset = 0, now = 0;
            foreach (var step in steps)
            {
                if (step > 0)
                {
                    now += step;
                    log.Trim(now);
                    model.RemoveAll(message => now - message.PublishedAt > maxAge);
                }

                for (var i = step; i <= 0; i++)
                {
                    var message = MessageAt(++offset, now);
                    log.Append(message);
                    model.Add(message);
                }

                model.RemoveRange(0, Math.Max(0, model.Count - capacity));
                Assert.Equal((model.Count, offset, offset - model.Count + 1), (log.Count, log.NewestOffset, log.FirstOffset));
                Assert.Equal(model, Enumerable.Range(0, log.Count).Select(i => log.At(log.FirstOffset + i)));
            }
        }).QuickCheckThrowOnFailure();
    }

    private static RoomMessage MessageAt(long offset, long now) => RoomMessage.Create(new RoomMessageContent
    {
        Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch),
        Room = RoomId.Parse("r"),
        Epoch = "0",
        Offset = offset,
        Type = "t",
        ConflateKey = null,
        From = null,
        SentAt = DateTimeOffset.UnixEpoch,
        PublishedAt = now,
        Payload = "{}"u8.ToArray(),
        ExcludedConnection = 0,
    });
}
