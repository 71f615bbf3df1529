using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Identity.Tests;

public sealed class PermissionSetTests
{
    // Few names over few letters, so that prefixes meet often.
    private static readonly Gen<string> Names = Gen.Elements("a", "b", "a:", "a:a", "a:b", "a:ab", "b:a", "ab").SelectMany(
        static name => Gen.Elements("", "", "*"), static (name, star) => name + star);

    private static readonly Gen<PermissionSet> Sets = Gen.Frequency(
        (9, Names.ListOf().Select(static names => new PermissionSet(names.Take(5)))),
        (1, Gen.Constant(PermissionSet.Everything)));

    private static readonly Gen<string> Exact = Gen.Elements("a", "b", "ab", "a:", "a:a", "a:b", "a:ab", "a:abc", "b:a", "c");

    [Theory]
    [InlineData("users:read", "users:read", true)]
    [InlineData("users:read", "users:rea", false)]
    [InlineData("users:read", "users:reads", false)]
    [InlineData("users:*", "users:read", true)]
    [InlineData("users:*", "users:", true)]
    [InlineData("users:*", "users", false)]
    [InlineData("publish:news:*", "publish:news:sport", true)]
    [InlineData("publish:news:*", "publish:newspaper", false)]
    [InlineData("*", "anything", true)]
    [InlineData("users:read", "users:*", false)]
    [InlineData("users:*", "users:r*", true)]
    [InlineData("users:r*", "users:*", false)]
    public void Covers_HeldAndWanted_AsTheStarSays(string held, string wanted, bool expected) => Assert.Equal(expected, PermissionSet.Covers(held, wanted));

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("a*b")]
    [InlineData("**")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a/b")]
    [InlineData("a;DROP TABLE users")]
    public void IsWellFormed_OtherText_IsFalse(string? permission)
    {
        Assert.False(PermissionSet.IsWellFormed(permission));
        Assert.Throws<ArgumentException>(() => new PermissionSet([permission!]));
    }

    [Fact]
    public void IsWellFormed_TooLong_IsFalse()
    {
        Assert.True(PermissionSet.IsWellFormed(new string('a', PermissionSet.MaxLength)));
        Assert.False(PermissionSet.IsWellFormed(new string('a', PermissionSet.MaxLength + 1)));
    }

    [Fact]
    public void Intersect_AnyTwoSets_AllowsExactlyWhatBothAllow() => Prop.ForAll(
        Sets.ToArbitrary(), Sets.ToArbitrary(), Exact.ToArbitrary(),
        static (left, right, wanted) => left.Intersect(right).Allows(wanted) == (left.Allows(wanted) && right.Allows(wanted))).QuickCheckThrowOnFailure();

    [Fact]
    public void Union_AnyTwoSets_AllowsExactlyWhatEitherAllows() => Prop.ForAll(
        Sets.ToArbitrary(), Sets.ToArbitrary(), Exact.ToArbitrary(),
        static (left, right, wanted) => left.Union(right).Allows(wanted) == (left.Allows(wanted) || right.Allows(wanted))).QuickCheckThrowOnFailure();

    [Fact]
    public void AllowsAll_SetItCovers_CoversWhateverThatAllows() => Prop.ForAll(
        Sets.ToArbitrary(), Sets.ToArbitrary(), Exact.ToArbitrary(),
        static (left, right, wanted) => !left.AllowsAll(right) || !right.Allows(wanted) || left.Allows(wanted)).QuickCheckThrowOnFailure();

    [Fact]
    public void New_OnePermissionWithinAnother_KeepsTheWider() => Assert.Equal(["rooms:*", "users:read"], new PermissionSet(["rooms:read", "users:read", "rooms:*", "rooms:write"]));

    [Fact]
    public void IsEverything_OnlyForTheStarAlone_Holds()
    {
        Assert.True(new PermissionSet(["users:read", "*"]).IsEverything);
        Assert.False(new PermissionSet(["users:*"]).IsEverything);
        Assert.False(PermissionSet.None.IsEverything);
    }
}
