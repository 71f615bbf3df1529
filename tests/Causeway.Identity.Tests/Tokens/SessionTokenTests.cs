using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Identity.Tests;

public sealed class SessionTokenTests
{
    private static readonly SigningKeyRing Ring = new([SigningKey.Create()]);

    [Fact]
    public void TryRead_WhatWasSigned_IsTheSameForAnyCount() => Prop.ForAll(
        ArbMap.Default.GeneratorFor<Guid>().ToArbitrary(), ArbMap.Default.GeneratorFor<long>().ToArbitrary(),
        static (id, count) => SessionToken.TryRead(new SessionToken(id, count).Sign(Ring, SessionKind.Token), Ring, SessionKind.Token, out var read)
            && read == new SessionToken(id, count)).QuickCheckThrowOnFailure();

    [Fact]
    public void Sign_SameCountTwice_IsTheSameToken()
    {
        var token = new SessionToken(Guid.NewGuid(), 7);

        Assert.Equal(token.Sign(Ring, SessionKind.Token), token.Sign(Ring, SessionKind.Token));
        Assert.Equal(SessionToken.Length, token.Sign(Ring, SessionKind.Token).Length);
    }

    [Fact]
    public void TryRead_AnyOneCharacterChanged_IsFalse()
    {
        var text = new SessionToken(Guid.NewGuid(), 7).Sign(Ring, SessionKind.Token);

        for (var i = 0; i < text.Length; i++)
        {
            var forged = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            Assert.False(SessionToken.TryRead(forged, Ring, SessionKind.Token, out var read) && read != default, $"changed at {i}");
        }
    }

    [Fact]
    public void TryRead_CookieAsRefreshToken_IsFalse()
    {
        var cookie = new SessionToken(Guid.NewGuid(), 0).Sign(Ring, SessionKind.Cookie);

        Assert.False(SessionToken.TryRead(cookie, Ring, SessionKind.Token, out _));
        Assert.False(SessionToken.TryRead("cwr_" + cookie[4..], Ring, SessionKind.Token, out _));
    }

    [Fact]
    public void TryRead_KeyReplaced_OldTokenCountsWhileTheKeyIsKept()
    {
        var text = new SessionToken(Guid.NewGuid(), 7).Sign(Ring, SessionKind.Token);

        Assert.True(SessionToken.TryRead(text, new SigningKeyRing([SigningKey.Create(), Ring.Current]), SessionKind.Token, out _));
        Assert.False(SessionToken.TryRead(text, new SigningKeyRing([SigningKey.Create()]), SessionKind.Token, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cwr_")]
    [InlineData("cwr_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    public void TryRead_Nonsense_IsFalse(string text) => Assert.False(SessionToken.TryRead(text, Ring, SessionKind.Token, out _));
}
