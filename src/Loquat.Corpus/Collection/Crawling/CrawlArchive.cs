namespace Loquat.Corpus.Collection.Crawling;

/// <summary>The archive of a crawl: files of WARC, each begun when the one before is full.</summary>
internal sealed class CrawlArchive : IDisposable
{
    private const long Full = 1L << 30;

    private readonly string _folder;
    private readonly int _number;
    private readonly Func<byte[]> _info;
    private FileStream? _file;
    private int _index;

    /// <param name="last">The last record that counts; what stands behind it is cut off.</param>
    /// <param name="info">Makes the record that a file begins with.</param>
    public CrawlArchive(string folder, int number, ArchivePlace? last, Func<byte[]> info)
    {
        (_folder, _number, _info) = (folder, number, info);
        foreach (var path in Files(folder, number).Skip(last is { } kept ? kept.File + 1 : 0).ToList()) File.Delete(path);
        if (last is not { } place) return;
        _index = place.File;
        _file = new FileStream(PathOf(folder, number, _index), FileMode.Open, FileAccess.Write, FileShare.Read, 1);
        _file.SetLength(place.Offset + place.Length);
        _file.Position = _file.Length;
    }

    /// <summary>The files of a crawl, in their order.</summary>
    public static IReadOnlyList<string> Files(string folder, int number) => [.. Directory.EnumerateFiles(folder, $"pages-{number:D4}-*.warc.gz").Order(StringComparer.Ordinal)];

    /// <summary>Whether a record is there as far as its bytes go.</summary>
    public static bool Has(string folder, int number, ArchivePlace place) => new FileInfo(PathOf(folder, number, place.File)) is { Exists: true } file && file.Length >= place.Offset + place.Length;

    /// <summary>The bytes of a record.</summary>
    public static byte[] Read(string folder, int number, ArchivePlace place)
    {
        using var file = new FileStream(PathOf(folder, number, place.File), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        file.Position = place.Offset;
        var record = new byte[place.Length];
        file.ReadExactly(record);
        return record;
    }

    public ArchivePlace Append(byte[] record)
    {
        if (_file?.Length > Full)
        {
            _file.Flush(flushToDisk: true);
            _file.Dispose();
            (_file, _index) = (null, _index + 1);
        }
        if (_file is null)
        {
            _file = new FileStream(PathOf(_folder, _number, _index), FileMode.Create, FileAccess.Write, FileShare.Read, 1);
            _file.Write(_info());
        }
        var place = new ArchivePlace(_index, _file.Position, record.Length);
        _file.Write(record);
        return place;
    }

    public void Flush() => _file?.Flush(flushToDisk: true);

    public void Dispose() => _file?.Dispose();

    private static string PathOf(string folder, int number, int index) => Path.Combine(folder, $"pages-{number:D4}-{index:D5}.warc.gz");
}
