namespace Causeway.Identity;

/// <summary>What a refresh token is worth.</summary>
internal enum RefreshVerdict
{
    /// <summary>It is the current one: count up.</summary>
    Rotate = 1,

    /// <summary>An earlier one of a client that did not get, or not yet keep, the answer: it gets the current one again.</summary>
    Repeat,

    /// <summary>An old one that its client has long replaced: somebody has a copy. The session ends.</summary>
    Reused,
}

/// <summary>Decides it by the count alone.</summary>
internal static class RefreshRules
{
    /// <summary>
    /// The count signed in the token against that of the session. One behind is a lost answer, whenever it comes: networks lose the last answer, and only the
    /// next refresh shows that it arrived. Further behind may be tabs that ask at the same time, but only right after a refresh.
    /// </summary>
    /// <param name="presented">In the token.</param>
    /// <param name="current">Of the session.</param>
    /// <param name="sinceRotation">How long ago the session counted up.</param>
    /// <param name="reuseWindow">How long more than one behind is taken.</param>
    public static RefreshVerdict Decide(long presented, long current, TimeSpan sinceRotation, TimeSpan reuseWindow)
    {
        if (presented == current)
        {
            return RefreshVerdict.Rotate;
        }

        // Ahead of the session: signed by us, so the session's row is older than the token. A restored backup; nobody can say who has what.
        return presented < current && (presented == current - 1 || sinceRotation <= reuseWindow) ? RefreshVerdict.Repeat : RefreshVerdict.Reused;
    }
}
