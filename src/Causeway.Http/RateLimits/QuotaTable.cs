using System.Numerics;

namespace Causeway.Http;

/// <summary>What every caller has used of one policy's quota, in a table of fixed size: whoever comes, and however many, it never grows.</summary>
/// <remarks>
/// A caller may stand in one of eight places that its hash names. When all are taken the one whose quota is nearest to full is forgotten, so a flood of new
/// callers displaces each other and those who are hardly limited, and never whoever has used up more. A place is 16 bytes: the caller's hash, and when the
/// quota is full again. Locks are striped over the table and held for those eight places only.
/// </remarks>
internal sealed class QuotaTable
{
    private const int Ways = 8;
    private const int Stripes = 64;

    private readonly Place[] _places;
    private readonly Lock[] _gates = new Lock[Stripes];
    private readonly ulong _setMask;

    /// <param name="maxKeys">Callers that are remembered; rounded up to a power of two.</param>
    public QuotaTable(int maxKeys)
    {
        // Memory that was never written to costs nothing yet.
        _places = new Place[BitOperations.RoundUpToPowerOf2((uint)Math.Max(maxKeys, Ways))];
        _setMask = (ulong)(_places.Length / Ways - 1);
        for (var i = 0; i < _gates.Length; i++)
        {
            _gates[i] = new Lock();
        }
    }

    /// <summary>How many callers the table holds at most.</summary>
    public int Capacity => _places.Length;

    /// <summary>Takes one permit.</summary>
    /// <param name="caller">The caller's hash, by a key that callers don't know.</param>
    /// <param name="quota">What a caller has.</param>
    /// <param name="now">The clock, never below 0.</param>
    /// <param name="forgotten">True when somebody else's use had to be forgotten for it.</param>
    public Permit Take(ulong caller, Quota quota, long now, out bool forgotten)
    {
        forgotten = false;
        var set = caller & _setMask;
        var tag = caller == 0 ? 1 : caller;
        var places = _places.AsSpan((int)set * Ways, Ways);
        lock (_gates[set % Stripes])
        {
            ref var fullest = ref places[0];
            foreach (ref var place in places)
            {
                if (place.Caller == tag)
                {
                    return quota.Take(ref place.FullAt, now);
                }

                if (place.FullAt < fullest.FullAt)
                {
                    fullest = ref place;
                }
            }

            forgotten = fullest.FullAt > now;
            fullest = new Place { Caller = tag, FullAt = now };
            return quota.Take(ref fullest.FullAt, now);
        }
    }

    private struct Place
    {
        public ulong Caller;
        public long FullAt;
    }
}
