using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Causeway.Http;

/// <summary>The token that opens everything: 256 random bits, made once and kept in a file that only the service's user can read.</summary>
public sealed class AdminToken
{
    /// <summary>The name of the file inside the data directory.</summary>
    public const string FileName = "admin-token";

    private const int SecretBytes = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OthersMask = ~(OwnerOnly | UnixFileMode.UserExecute);

    private AdminToken(string value, string path, bool isNew)
    {
        Value = value;
        Path = path;
        IsNew = isNew;
    }

    /// <summary>The secret, base64url. Show it to a person at a terminal; never log it.</summary>
    public string Value { get; }

    /// <summary>The file that holds it.</summary>
    public string Path { get; }

    /// <summary>Whether it was made by this call.</summary>
    public bool IsNew { get; }

    /// <summary>Reads the token of a data directory, or makes it.</summary>
    /// <param name="dataDirectory">Made with mode 0700 where it does not exist; the file is born with mode 0600.</param>
    /// <exception cref="InvalidDataException">The file holds something else, or other users may read it. The message says what to do.</exception>
    public static AdminToken LoadOrCreate(string dataDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        CreateDirectory(dataDirectory);
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(dataDirectory, FileName));
        return File.Exists(path) ? Load(path) : Create(path);
    }

    /// <summary>Whether a presented secret is this token, compared in constant time.</summary>
    public bool Matches(string presented) => ConstantTime.Equals(Value, presented);

    /// <summary>Names the file, not the secret, so that a log can't leak it.</summary>
    public override string ToString() => $"admin token in {Path}";

    private static AdminToken Load(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMask) != 0)
        {
            throw new InvalidDataException(
                $"Other users may read or change {path}, so the admin token in it is no secret. Delete the file to get a new token; or, if nobody saw it, chmod 600 it.");
        }

        var value = File.ReadAllText(path).Trim();
        if (!Base64Url.IsValid(value, out var bytes) || bytes != SecretBytes)
        {
            throw new InvalidDataException($"{path} does not hold an admin token. Delete the file to get a new one.");
        }

        return new AdminToken(value, path, isNew: false);
    }

    private static AdminToken Create(string path)
    {
        var value = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

        // Written beside and moved, so that a crash leaves no half a token behind.
        var draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            using (var file = new FileStream(draft, options))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(value + "\n"));
                file.Flush(flushToDisk: true);
            }

            Place(draft, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first; its token counts.
            return Load(path);
        }
        finally
        {
            // Gone already when it was moved.
            File.Delete(draft);
        }

        return new AdminToken(value, path, isNew: true);
    }

    private static void Place(string draft, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            File.Move(draft, path, overwrite: false);
        }
        else if (Link(draft, path) != 0)
        {
            // File.Move looks first and moves then, so two processes may both win; link(2) looks and links in one.
            throw new IOException($"{path} can't be created: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
    [DllImport("libc", EntryPoint = "link", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string created);
}
