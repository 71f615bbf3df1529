using System.Runtime.InteropServices;

namespace Causeway.Hosting;

/// <summary>A user of this machine, looked up as the system does it (files, directory services).</summary>
/// <param name="Name">The log-in name.</param>
/// <param name="UserId">The user.</param>
/// <param name="GroupId">The user's first group.</param>
/// <param name="Home">The home directory.</param>
internal sealed record UserAccount(string Name, uint UserId, uint GroupId, string Home)
{
    private const int BufferBytes = 16_384;

    /// <summary>The account of this name; null where there is none.</summary>
    public static UserAccount? Find(string name)
    {
        var buffer = Marshal.AllocHGlobal(BufferBytes);
        try
        {
            return GetByName(name, out var entry, buffer, BufferBytes, out var found) == 0 && found != 0
                ? new UserAccount(name, entry.UserId, entry.GroupId, Marshal.PtrToStringUTF8(entry.Home) ?? "/")
                : null;
        }
        finally
        {
            Marshal.FreeHGlobal(buffer);
        }
    }

    [DllImport("libc", EntryPoint = "getpwnam_r", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetByName(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, out PasswordEntry entry, nint buffer, nuint bufferBytes, out nint found);

    /// <summary>The C library's <c>struct passwd</c> on Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PasswordEntry
    {
        public nint Name;
        public nint Password;
        public uint UserId;
        public uint GroupId;
        public nint RealName;
        public nint Home;
        public nint Shell;
    }
}
