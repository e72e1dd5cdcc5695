namespace Loquat.Text.Files;

/// <summary>Tells a disk that does not take what is written from a defect of the program.</summary>
public static class DiskFault
{
    /// <summary>
    /// A full disk, a missing right, a file system's or a user's limit on the size of files: the runtime reports the last (EFBIG) as an argument out of range.
    /// </summary>
    public static bool Is(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value", TargetSite.DeclaringType.Namespace: "System.IO" };

    /// <summary>Whether a pipe's reader has gone (EPIPE; on Windows ERROR_BROKEN_PIPE, ERROR_NO_DATA).</summary>
    public static bool IsBrokenPipe(IOException error) => OperatingSystem.IsWindows() ? (error.HResult & 0xFFFF) is 109 or 232 : error.HResult == 32;
}
