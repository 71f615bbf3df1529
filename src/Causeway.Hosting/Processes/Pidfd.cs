using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Causeway.Hosting;

/// <summary>
/// A hold on one process of Linux: a signal through it reaches that process or nobody, even when the id has been given away. Open it, check
/// the identity again, then signal.
/// </summary>
internal sealed class Pidfd : SafeHandleMinusOneIsInvalid
{
    private const int PidfdSendSignal = 424;
    private const int PidfdOpen = 434;
    private const int NoSuchProcess = 3;
    private const short Readable = 1;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(200);

    private Pidfd(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>True once the process has ended, whether or not its parent has noticed.</summary>
    public bool HasExited => Poll(TimeSpan.Zero);

    /// <summary>Holds whoever has the id now.</summary>
    /// <returns>Null where nobody has it, or the system can't do this (Linux before 5.3, and all others).</returns>
    public static Pidfd? Open(int processId)
    {
        // The kernel sets close-on-exec by itself.
        var descriptor = OperatingSystem.IsLinux() ? (int)SysCall(PidfdOpen, processId, 0, 0, 0) : -1;
        return descriptor < 0 ? null : new Pidfd(descriptor);
    }

    /// <summary>Holds exactly this process.</summary>
    /// <returns>Null where it runs no more, or the system can't do this.</returns>
    public static Pidfd? Open(ProcessIdentity identity)
    {
        if (Open(identity.ProcessId) is not { } held)
        {
            return null;
        }

        // What is held can't change any more, so a check that passes now is a check of what is held.
        if (identity.IsRunning)
        {
            return held;
        }

        held.Dispose();
        return null;
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="signal">Its number: 15 asks it to stop, 9 kills it.</param>
    /// <returns>False where the process has ended.</returns>
    /// <exception cref="IOException">It may not be signalled.</exception>
    public bool Send(int signal)
    {
        if (SysCall(PidfdSendSignal, DangerousGetHandle(), signal, 0, 0) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == NoSuchProcess
            ? false
            : throw new IOException($"A signal could not be sent: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Waits for the end of the process.</summary>
    /// <param name="limit">The longest wait.</param>
    /// <param name="cancellationToken">Ends the waiting early.</param>
    /// <returns>Whether it has ended.</returns>
    public Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var started = TimeProvider.System.GetTimestamp();
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var left = limit - TimeProvider.System.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                {
                    return HasExited;
                }

                if (Poll(left < Slice ? left : Slice))
                {
                    return true;
                }
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    private bool Poll(TimeSpan wait)
    {
        var descriptor = new PollDescriptor { Descriptor = (int)DangerousGetHandle(), Events = Readable };
        return Poll(ref descriptor, 1, (int)Math.Ceiling(wait.TotalMilliseconds)) > 0;
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SysCall(nint number, nint first, nint second, nint third, nint fourth);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
