using Causeway.Data;
using Causeway.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class RefusalNotesTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Take_SameRefusalAgain_WaitsForItsMinuteAndIsCounted()
    {
        var time = new ManualTime();
        var notes = new RefusalNotes(10, Minute, time);
        Add(notes, "203.0.113.7");
        Assert.Equal(1, Assert.Single(notes.Take(everything: false)).Count);

        for (var i = 0; i < 5; i++)
        {
            Add(notes, "203.0.113.7");
        }

        Add(notes, "203.0.113.8");
        Assert.Equal("203.0.113.8", Assert.Single(notes.Take(everything: false)).Entry.Origin.Address);
        time.Advance(Minute);
        var late = Assert.Single(notes.Take(everything: false));
        Assert.Equal(5, late.Count);
        Assert.Contains("\"count\":5", late.ToEntry().Details!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Take_Everything_WaitsForNothing()
    {
        var notes = new RefusalNotes(10, Minute, new ManualTime());
        Add(notes, "203.0.113.7");
        notes.Take(everything: false);
        Add(notes, "203.0.113.7");

        Assert.Single(notes.Take(everything: true));
        Assert.Empty(notes.Take(everything: true));
    }

    [Fact]
    public void TryAdd_AddressesOfOneIPv6Network_AreOne()
    {
        var notes = new RefusalNotes(2, Minute, new ManualTime());

        Assert.All(Enumerable.Range(1, 500), i => Assert.True(Add(notes, $"2001:db8:1:2::{i:x}")));

        Assert.Equal(500, Assert.Single(notes.Take(everything: false)).Count);
        Assert.True(Add(notes, "2001:db8:1:3::1"));
    }

    [Fact]
    public void TryAdd_MoreKindsThanAreKept_AreRefusedUntilTheirTimeIsOver()
    {
        var time = new ManualTime();
        var notes = new RefusalNotes(2, Minute, time);
        Assert.True(Add(notes, "203.0.113.1") && Add(notes, "203.0.113.2"));
        Assert.False(Add(notes, "203.0.113.3"));
        notes.Take(everything: false);

        // Whoever changes addresses all the time must not write more for it.
        Assert.False(Add(notes, "203.0.113.3"));
        time.Advance(Minute);
        notes.Take(everything: false);
        Assert.True(Add(notes, "203.0.113.3"));
    }

    [Fact]
    public void Counts_WhateverHappensBetween_AreWholeInTheEnd() => Prop.ForAll<int[]>(static steps =>
    {
        var time = new ManualTime();
        var notes = new RefusalNotes(1_000, Minute, time);
        var (added, taken) = (0, 0);
        foreach (var step in steps)
        {
            switch (Math.Abs(step % 5))
            {
                case 0 or 1:
                    added += Add(notes, $"203.0.113.{Math.Abs(step % 7)}") ? 1 : 0;
                    break;
                case 2:
                    taken += notes.Take(everything: false).Sum(static one => one.Count);
                    break;
                case 3:
                    notes.PutBack(notes.Take(step > 0));
                    break;
                default:
                    time.Advance(TimeSpan.FromSeconds(Math.Abs(step % 90)));
                    break;
            }
        }

        Assert.Equal(added, taken + notes.Take(everything: true).Sum(static one => one.Count));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task NoteRefusedRequest_Flood_IsAnEntryAMinute(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var audit = identity.Get<AuditLog>();
        for (var second = 0; second < 120; second++)
        {
            for (var i = 0; i < 10; i++)
            {
                audit.NoteRefusedRequest(new AuditEntry("auth.credential", AuditOutcome.Refused, TestIdentity.From()));
            }

            await identity.Get<IdentityUpkeep>().FlushAsync();
            identity.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await identity.Get<IdentityUpkeep>().FinishAsync();

        var rows = await identity.AuditAsync();
        Assert.InRange(rows.Count, 2, 4);
        Assert.Equal(1_200, rows.Sum(static row => row.Details is null ? 1 : System.Text.Json.JsonDocument.Parse(row.Details).RootElement.GetProperty("count").GetInt32()));
    }

    private static bool Add(RefusalNotes notes, string address) => notes.TryAdd(new AuditEntry("auth.credential", AuditOutcome.Refused, TestIdentity.From(address)));
}
