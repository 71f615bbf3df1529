using System.Runtime.InteropServices;

namespace Causeway.Streams;

/// <summary>The one call of Linux that the platform doesn't offer: a file's device, inode and birth.</summary>
internal static partial class Libc
{
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const uint BirthTime = 0x800;

    public static bool TryStat(string path, out Statx status) =>
        statx(CurrentDirectory, path, 0, BasicStats | BirthTime, out status) == 0;

    public static bool TryStat(SafeHandle file, out Statx status)
    {
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            return statx((int)file.DangerousGetHandle(), "", EmptyPath, BasicStats | BirthTime, out status) == 0;
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out Statx status);

    /// <summary>The kernel's <c>struct statx</c>, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(0)]
        public uint Mask;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(80)]
        public long BirthSeconds;

        [FieldOffset(88)]
        public uint BirthNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;

        public readonly bool IsRegularFile => (Mode & 0xF000) == 0x8000;

        public readonly bool HasBirth => (Mask & BirthTime) != 0;
    }
}
