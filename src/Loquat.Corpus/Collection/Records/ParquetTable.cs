using System.Numerics;
using Loquat.Corpus.Shards;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Loquat.Corpus.Collection.Records;

/// <summary>
/// The rows of a Parquet file, nested columns put together again from their levels (Melnik et al. 2010, section 4): a list is a list of values, a map a list of pairs, a group a list of names and values.
/// </summary>
internal sealed class ParquetTable : IDisposable
{
    private const long LargestColumn = 256 << 20; // bytes of a column in a group of rows, which are held at once
    private const long MostValues = 32 << 20; // of a column in a group of rows: a damaged file may state any number

    private readonly ParquetBytes _bytes;
    private readonly ParquetReader _reader;
    private readonly HashSet<string> _unread = [];
    private string? _fault; // of the column that is read

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public ParquetTable(Stream stream)
    {
        _bytes = new(stream);
        _reader = ParquetReader.CreateAsync(_bytes).GetAwaiter().GetResult();
    }

    /// <summary>Told once of each column that cannot be read, and why.</summary>
    public event Action<string, string>? Unread;

    /// <summary>The rows, a group of them in memory at a time. A value is null, a number, a bool, a string, bytes, a date, a list, or pairs.</summary>
    public IEnumerable<IReadOnlyList<KeyValuePair<string, object?>>> Rows()
    {
        for (var g = 0; g < _reader.RowGroupCount; g++)
        {
            using var group = _reader.OpenRowGroupReader(g);
            var columns = new List<(string Name, Column Column)>();
            foreach (var field in _reader.Schema.Fields)
            {
                _fault = null;
                if (IsTooLarge(field, group)) Tell(field, $"a group of rows holds more than {LargestColumn >> 20} MiB or {MostValues >> 20} Mi values in the column; write smaller groups");
                else if (Make(field, group) is { } column) columns.Add((field.Name, column));
                else Tell(field, _fault ?? "the column holds a type that is not read");
            }
            // A damaged file may state any number of rows.
            for (var r = 0L; r < group.RowCount && !columns.TrueForAll(c => c.Column.IsAtEnd); r++)
                yield return [.. columns.Select(c => KeyValuePair.Create(c.Name, c.Column.Next()))];
        }
    }

    public void Dispose() => _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void Tell(Field field, string reason)
    {
        if (_unread.Add(field.Name)) Unread?.Invoke(field.Name, reason);
    }

    private static bool IsTooLarge(Field field, ParquetRowGroupReader group) => field switch
    {
        DataField data => group.GetMetadata(data)?.MetaData is { } stated && (stated.TotalUncompressedSize > LargestColumn || stated.NumValues > MostValues),
        ListField list => IsTooLarge(list.Item, group),
        MapField map => IsTooLarge(map.Key, group) || IsTooLarge(map.Value, group),
        StructField structure => structure.Fields.Any(f => IsTooLarge(f, group)),
        _ => false,
    };

    private bool HasPages(DataField field, ParquetRowGroupReader group)
    {
        if (group.GetMetadata(field)?.MetaData is not { } stated) return true;
        try
        {
            if (field.MaxRepetitionLevel == 0 && stated.NumValues != group.RowCount) throw new InvalidDataException($"it states {stated.NumValues:N0} values for {group.RowCount:N0} rows");
            long[] places = [stated.DictionaryPageOffset ?? 0, stated.DataPageOffset, stated.IndexPageOffset ?? 0];
            _bytes.CheckPages(places.Where(place => place != 0).DefaultIfEmpty(-1).Min(), stated.NumValues, LargestColumn);
            return true;
        }
        catch (InvalidDataException error)
        {
            _fault = $"the column is damaged: {error.Message}";
            return false;
        }
    }

    private Column? Make(Field field, ParquetRowGroupReader group) => field switch
    {
        DataField data => HasPages(data, group) && Leaf.Read(data, group) is { } leaf ? data.IsArray ? new ListColumn(field, leaf) : leaf : null,
        ListField list => Make(list.Item, group) is { } item ? new ListColumn(list, item) : null,
        MapField map => Make(map.Key, group) is { } key && Make(map.Value, group) is { } value ? new ListColumn(map, new GroupColumn(map.MaxDefinitionLevel, [("", key), ("", value)])) : null,
        StructField structure => structure.Fields.Select(f => (f.Name, Column: Make(f, group))).ToList() is var parts && parts.TrueForAll(p => p.Column is not null) ? new GroupColumn(structure.MaxDefinitionLevel, [.. parts.Select(p => (p.Name, p.Column!))]) : null,
        _ => null,
    };

    private abstract class Column
    {
        /// <summary>The levels of the entry that comes next.</summary>
        public abstract (int Definition, int Repetition) Levels { get; }

        /// <summary>Whether there are no more entries.</summary>
        public abstract bool IsAtEnd { get; }

        public abstract object? Next();
    }

    private sealed class Leaf(object[] values, int[] definitions, int[] repetitions, int defined) : Column
    {
        private int _entry;
        private int _value;

        public override (int Definition, int Repetition) Levels => (Level(definitions, defined), Level(repetitions, 0));

        public override bool IsAtEnd => definitions.Length > 0 ? _entry >= definitions.Length : _value >= values.Length;

        public override object? Next()
        {
            var isDefined = Level(definitions, defined) == defined;
            _entry++;
            return isDefined ? values[_value++] : null;
        }

        private int Level(int[] levels, int otherwise) => levels.Length == 0 ? otherwise : _entry < levels.Length ? levels[_entry] : 0;

        public static Leaf? Read(DataField field, ParquetRowGroupReader group)
        {
            try
            {
                using var raw = group.ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();
                return Values(raw) is { } values ? new(values, field.MaxDefinitionLevel > 0 ? raw.DefinitionLevels.ToArray() : [], field.MaxRepetitionLevel > 0 ? raw.RepetitionLevels.ToArray() : [], field.MaxDefinitionLevel) : null;
            }
            catch (Exception error) when (error is not (OutOfMemoryException or OperationCanceledException))
            {
                return null;
            }
        }

        private static object[]? Values(RawColumnData raw) => raw switch
        {
            RawColumnData<ReadOnlyMemory<char>> text => Boxed(text, v => v.ToString()),
            RawColumnData<ReadOnlyMemory<byte>> bytes => Boxed(bytes, v => v.ToArray()),
            RawColumnData<bool> v => Boxed(v),
            RawColumnData<sbyte> v => Boxed(v),
            RawColumnData<byte> v => Boxed(v),
            RawColumnData<short> v => Boxed(v),
            RawColumnData<ushort> v => Boxed(v),
            RawColumnData<int> v => Boxed(v),
            RawColumnData<uint> v => Boxed(v),
            RawColumnData<long> v => Boxed(v),
            RawColumnData<ulong> v => Boxed(v),
            RawColumnData<float> v => Boxed(v),
            RawColumnData<double> v => Boxed(v),
            RawColumnData<decimal> v => Boxed(v),
            RawColumnData<BigInteger> v => Boxed(v),
            RawColumnData<Guid> v => Boxed(v),
            RawColumnData<DateTime> v => Boxed(v),
            RawColumnData<DateOnly> v => Boxed(v),
            RawColumnData<TimeOnly> v => Boxed(v),
            RawColumnData<TimeSpan> v => Boxed(v),
            _ => null,
        };

        private static object[] Boxed<T>(RawColumnData<T> raw, Func<T, object>? convert = null) where T : struct
        {
            var boxed = new object[raw.Values.Length];
            for (var i = 0; i < boxed.Length; i++) boxed[i] = convert is null ? raw.Values[i] : convert(raw.Values[i]);
            return boxed;
        }
    }

    private sealed class ListColumn(Field field, Column item) : Column
    {
        public override (int Definition, int Repetition) Levels => item.Levels;

        public override bool IsAtEnd => item.IsAtEnd;

        public override object? Next()
        {
            // Below its own level there is nothing in it; one step below, it is there and empty.
            var definition = item.Levels.Definition;
            if (definition < field.MaxDefinitionLevel)
            {
                item.Next();
                return field.IsNullable && definition < field.MaxDefinitionLevel - 1 ? null : new List<object?>();
            }
            var items = new List<object?>();
            do items.Add(item.Next());
            while (item.Levels.Repetition >= field.MaxRepetitionLevel && field.MaxRepetitionLevel > 0);
            return items;
        }
    }

    private sealed class GroupColumn(int defined, (string Name, Column Column)[] parts) : Column
    {
        public override (int Definition, int Repetition) Levels => parts[0].Column.Levels;

        public override bool IsAtEnd => parts[0].Column.IsAtEnd;

        public override object? Next()
        {
            var isThere = parts.Any(p => p.Column.Levels.Definition >= defined);
            var values = parts.Select(p => KeyValuePair.Create(p.Name, p.Column.Next())).ToList();
            return isThere ? values : null;
        }
    }
}
