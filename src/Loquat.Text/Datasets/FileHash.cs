using System.IO.Hashing;

namespace Loquat.Text.Datasets;

/// <summary>What a file holds, as a number.</summary>
public static class FileHash
{
    /// <exception cref="DataException">The file cannot be read.</exception>
    public static ulong Of(string path)
    {
        try
        {
            var hash = new XxHash3();
            using var file = File.OpenRead(path);
            hash.Append(file);
            return hash.GetCurrentHashAsUInt64();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
