using System.Text;
using Loquat.Text.Collection;

namespace Loquat.Cli.Input;

/// <summary>A path that may be `-`: what comes on standard input, kept in a temporary file so that it can be read more than once.</summary>
internal sealed class StandardInput : IDisposable
{
    private readonly TemporaryFile? _file;

    private StandardInput(string path, TemporaryFile? file) => (Path, _file) = (path, file);

    /// <summary>The path given, or that of the temporary file.</summary>
    public string Path { get; }

    /// <exception cref="MachineException">There is no room for the text.</exception>
    public static StandardInput Spool(string path)
    {
        if (path != "-") return new(path, null);
        var file = new TemporaryFile();
        Copy(file.Path);
        return new(file.Path, file);
    }

    /// <summary>Reads UTF-8 text from a file or, where the path is `-`, from standard input; what is not UTF-8 is a <see cref="DataException"/> that tells the line and the offset.</summary>
    public static StreamReader Reader(string path) =>
        new(new CheckedUtf8Stream(path == "-" ? Console.OpenStandardInput() : File.OpenRead(path), path == "-" ? "standard input" : path), new UTF8Encoding(false));

    /// <summary>Writes standard input to a file.</summary>
    /// <exception cref="MachineException">There is no room for the text.</exception>
    public static void Copy(string path)
    {
        try
        {
            using var input = Console.OpenStandardInput();
            using var output = new FileStream(path, FileMode.Create, FileAccess.Write);
            input.CopyTo(output);
        }
        catch (IOException error)
        {
            throw new MachineException($"standard input cannot be kept in {path}: {error.Message} Save it to a file and give its name.", error);
        }
    }

    public void Dispose() => _file?.Dispose();
}
