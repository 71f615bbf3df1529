namespace Causeway.Hosting;

/// <summary>What the process says when it ends; part of the contract with scripts and service managers.</summary>
public static class ExitCode
{
    /// <summary>It was asked to stop and did.</summary>
    public const int Stopped = 0;

    /// <summary>It failed, or was made to stop at once.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The configuration is wrong.</summary>
    public const int Configuration = 3;

    /// <summary>An address it should listen on is held by another process.</summary>
    public const int PortHeld = 4;
}
