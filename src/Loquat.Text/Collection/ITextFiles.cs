namespace Loquat.Text.Collection;

/// <summary>Finds the files of a text, and reads each as documents.</summary>
public interface ITextFiles
{
    /// <summary>Names the way of reading: what is remembered of a text holds for this way alone.</summary>
    string Name { get; }

    /// <summary>The files that a path names, in the order in which they are read.</summary>
    /// <param name="selection">Which files of a folder. Default: all.</param>
    /// <param name="skipped">Told the path and the reason of each file left out.</param>
    /// <exception cref="DataException">There is no such file, or nothing to read in the folder.</exception>
    /// <exception cref="OptionsException">The path is a file and there is a selection.</exception>
    IReadOnlyList<string> Find(string path, TextFileSelection? selection = null, Action<string, string>? skipped = null);

    /// <summary>The documents of a file.</summary>
    /// <param name="skipped">Told the place and the reason of each part that gave no document.</param>
    /// <exception cref="DataException">It cannot be read, or is no text.</exception>
    IEnumerable<TextDocument> Read(string path, Action<string, string>? skipped = null);
}

/// <summary>Plain UTF-8 text: <see cref="TextFiles"/>.</summary>
internal sealed class PlainTextFiles : ITextFiles
{
    public string Name => "";

    public IReadOnlyList<string> Find(string path, TextFileSelection? selection = null, Action<string, string>? skipped = null) => TextFiles.Find(path, selection, skipped);

    public IEnumerable<TextDocument> Read(string path, Action<string, string>? skipped = null) => TextFiles.Read(path);
}
