namespace Loquat.Text.Files;

/// <summary>Tells a disk that does not take what is written from a defect of the program.</summary>
public static class DiskFault
{
    /// <summary>
    /// A full disk, a missing right, a file system's or a user's limit on the size of files: the runtime reports the last (EFBIG) as an argument out of range.
    /// </summary>
    public static bool Is(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value", TargetSite.DeclaringType.Namespace: "System.IO" };
}
