using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Realtime.Tests;

/// <summary>D7: one id for all rooms of a stream.</summary>
public sealed class EventCursorTests
{
    [Fact]
    public void Format_AnyPositions_AreReadBack() => Prop.ForAll<NonEmptyArray<(uint Epoch, uint Offset, bool None)>>(static rooms =>
    {
        RoomPosition?[] positions =
            [.. rooms.Get.Select(static room => room.None ? (RoomPosition?)null : new RoomPosition(room.Epoch.ToString("x8", null), room.Offset))];
        var text = EventCursor.Format(positions);

        Assert.True(EventCursor.TryParse(text, positions.Length, out var read));
        Assert.Equal(positions, read);
        Assert.False(EventCursor.TryParse(text, positions.Length + 1, out _));
        Assert.DoesNotContain(text, static c => c is '\n' or '\r' or '\0' or ' ');
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryParse_AnyText_NeverThrows() => Prop.ForAll<string, PositiveInt>(static (text, rooms) =>
    {
        var count = (rooms.Get % 4) + 1;
        if (EventCursor.TryParse(text ?? "", count, out var positions))
        {
            Assert.Equal(count, positions.Length);
        }
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData(".5")]
    [InlineData("a.")]
    [InlineData("a.b")]
    [InlineData("a.+5")]
    [InlineData("a. 5")]
    [InlineData("a.99999999999999999999")]
    public void TryParse_WhatIsNone_IsRefused(string text) => Assert.False(EventCursor.TryParse(text, 1, out _));
}
