using System.Text;

namespace Loquat.Corpus.Collection.Records;

/// <summary>Rows of delimited text: fields in quotes may hold delimiters, line ends and doubled quotes; a quote inside a bare field is a character. The rules are those of Python's csv module.</summary>
/// <param name="longest">Characters of a field that are kept; a longer one marks its row.</param>
internal sealed class CsvLines(TextReader reader, char delimiter, int longest = int.MaxValue)
{
    private readonly char[] _block = new char[1 << 15];
    private int _at;
    private int _length;

    /// <summary>The line where the row that was read last begins.</summary>
    public long Line { get; private set; }

    /// <summary>Whether a field of the row that was read last was longer than is kept.</summary>
    public bool IsCut { get; private set; }

    private long _nextLine = 1;

    /// <returns>The fields; none for an empty line; null at the end.</returns>
    public List<string>? Next()
    {
        if (Peek() < 0) return null;
        (Line, IsCut) = (_nextLine, false);
        var fields = new List<string>();
        var field = new StringBuilder();
        var (quoted, any) = (false, false);
        while (true)
        {
            var next = Read();
            if (next < 0)
            {
                if (any || field.Length > 0 || fields.Count > 0) fields.Add(field.ToString());
                return fields;
            }
            var character = (char)next;
            if (character == '\n') _nextLine++;
            if (quoted)
            {
                if (character != '"') Append(field, character);
                else if (Peek() == '"')
                {
                    Read();
                    Append(field, '"');
                }
                else quoted = false;
            }
            else if (character == '"' && field.Length == 0 && !any) quoted = any = true;
            else if (character == delimiter)
            {
                fields.Add(field.ToString());
                field.Clear();
                any = false;
                if (Peek() is < 0 or '\n' or '\r') any = true; // an empty last field
            }
            else if (character is '\n' or '\r')
            {
                if (character == '\r' && Peek() == '\n') Read();
                if (character == '\r') _nextLine++;
                if (any || field.Length > 0 || fields.Count > 0) fields.Add(field.ToString());
                return fields;
            }
            else Append(field, character);
        }
    }

    private void Append(StringBuilder field, char character)
    {
        if (field.Length < longest) field.Append(character);
        else IsCut = true;
    }

    private int Read() => Peek() < 0 ? -1 : _block[_at++];

    private int Peek()
    {
        if (_at < _length) return _block[_at];
        (_at, _length) = (0, reader.Read(_block));
        return _length > 0 ? _block[0] : -1;
    }
}
