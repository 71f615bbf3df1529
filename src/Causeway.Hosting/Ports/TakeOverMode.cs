namespace Causeway.Hosting;

/// <summary>Which holder of a port may be asked to stop for this start. Nobody is ever signalled whose identity is not proven.</summary>
public enum TakeOverMode
{
    /// <summary>An earlier instance of this service: one with the same data directory.</summary>
    Same = 1,

    /// <summary>Also another Causeway instance of the same user, whatever its data directory.</summary>
    Any,

    /// <summary>Nobody: the start fails.</summary>
    Never,
}
