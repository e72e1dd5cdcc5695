namespace Loquat.Corpus.Shards;

/// <summary>
/// Looks through what a Parquet file says of itself, in Thrift's compact protocol, before Parquet.Net reads it: that library (6.1) believes every stated length and type, takes memory for as many items as a list states, and reads
/// on for ever behind the end of the bytes. What passes here it reads in the same steps, inside the bytes.
/// </summary>
/// <remarks>Fields and types: parquet.thrift of the Parquet format, 2.11; the protocol: thrift-compact-protocol.md.</remarks>
internal static class ParquetStructures
{
    public const string File = "FileMetaData", Page = "PageHeader";

    private const int LongestNumber = 10; // bytes

    private static readonly Dictionary<string, Dictionary<int, string>> _fields = Read("""
        FileMetaData 1:i32 2:[SchemaElement] 3:i64 4:[RowGroup] 5:[KeyValue] 6:binary 7:[ColumnOrder] 8:EncryptionAlgorithm 9:binary
        SchemaElement 1:i32 2:i32 3:i32 4:binary 5:i32 6:i32 7:i32 8:i32 9:i32 10:LogicalType
        LogicalType 1:Empty 2:Empty 3:Empty 4:Empty 5:DecimalType 6:Empty 7:TimeType 8:TimeType 10:IntType 11:Empty 12:Empty 13:Empty 14:Empty 15:Empty 16:Empty 17:Empty 18:GeographyType
        DecimalType 1:i32 2:i32
        TimeType 1:bool 2:TimeUnit
        TimeUnit 1:Empty 2:Empty 3:Empty
        IntType 1:i8 2:bool
        GeographyType 1:binary 2:i32
        RowGroup 1:[ColumnChunk] 2:i64 3:i64 4:[SortingColumn] 5:i64 6:i64 7:i16
        SortingColumn 1:i32 2:bool 3:bool
        ColumnChunk 1:binary 2:i64 3:ColumnMetaData 4:i64 5:i32 6:i64 7:i32 8:ColumnCryptoMetaData 9:binary
        ColumnMetaData 1:i32 2:[i32] 3:[binary] 4:i32 5:i64 6:i64 7:i64 8:[KeyValue] 9:i64 10:i64 11:i64 12:Statistics 13:[PageEncodingStats] 14:i64 15:i32 16:SizeStatistics 17:GeospatialStatistics
        KeyValue 1:binary 2:binary
        Statistics 1:binary 2:binary 3:i64 4:i64 5:binary 6:binary 7:bool 8:bool
        PageEncodingStats 1:i32 2:i32 3:i32
        SizeStatistics 1:i64 2:[i64] 3:[i64]
        GeospatialStatistics 1:BoundingBox 2:[i32]
        BoundingBox 1:double 2:double 3:double 4:double 5:double 6:double 7:double 8:double
        ColumnCryptoMetaData 1:Empty 2:EncryptionWithColumnKey
        EncryptionWithColumnKey 1:[binary] 2:binary
        EncryptionAlgorithm 1:AesAlgorithm 2:AesAlgorithm
        AesAlgorithm 1:binary 2:binary 3:bool
        ColumnOrder 1:Empty
        PageHeader 1:i32 2:i32 3:i32 4:i32 5:DataPageHeader 6:Empty 7:DictionaryPageHeader 8:DataPageHeaderV2
        DataPageHeader 1:i32 2:i32 3:i32 4:i32 5:Statistics
        DictionaryPageHeader 1:i32 2:i32 3:bool
        DataPageHeaderV2 1:i32 2:i32 3:i32 4:i32 5:i32 6:i32 7:bool 8:Statistics
        Empty
        """);

    /// <summary>Looks through a structure at the beginning of some bytes.</summary>
    /// <param name="structure"><see cref="File"/> or <see cref="Page"/>.</param>
    /// <param name="numbers">Takes the whole numbers, by structure and field: "DataPageHeader.1".</param>
    /// <returns>Its length in bytes.</returns>
    /// <exception cref="EndOfStreamException">It is longer than the bytes.</exception>
    /// <exception cref="InvalidDataException">It is none of the format.</exception>
    public static int Check(ReadOnlySpan<byte> bytes, string structure, Dictionary<string, long>? numbers = null)
    {
        var walk = new Walk(bytes, numbers);
        walk.Structure(structure);
        return walk.At;
    }

    private static Dictionary<string, Dictionary<int, string>> Read(string table) => table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(words => words[0], words => words.Skip(1).Select(word => word.Split(':')).ToDictionary(field => int.Parse(field[0]), field => field[1]));

    private ref struct Walk(ReadOnlySpan<byte> bytes, Dictionary<string, long>? numbers)
    {
        private const int True = 1, False = 2, Byte = 3, I16 = 4, I32 = 5, I64 = 6, Double = 7, Binary = 8, List = 9, Struct = 12;
        private const int LongList = 15;

        private readonly ReadOnlySpan<byte> _bytes = bytes;

        public int At { get; private set; }

        public void Structure(string name)
        {
            var (fields, id) = (_fields[name], 0);
            while (Next() is var header and not 0)
            {
                var (type, step) = (header & 15, header >> 4);
                id = step == 0 ? (short)Number() : id + step;
                if (fields.TryGetValue(id, out var expected)) Value(expected, type, $"{name}.{id}");
                else Unknown(type, $"{name}.{id}");
            }
        }

        private void Value(string expected, int type, string field)
        {
            if (expected == "bool" ? type is not (True or False) : type != TypeOf(expected)) throw Wrong(field);
            if (expected == "bool") return; // told by the type
            if (expected[0] != '[')
            {
                Item(expected, field);
                return;
            }
            var item = expected[1..^1];
            var (count, kind) = ListHeader(field);
            if (kind != TypeOf(item)) throw Wrong(field);
            for (var i = 0L; i < count; i++) Item(item, field);
        }

        private void Item(string expected, string field)
        {
            switch (TypeOf(expected))
            {
                case Byte: Skip(1); break;
                case I16 or I32 or I64:
                    var number = Number();
                    if (numbers is not null) numbers[field] = number;
                    break;
                case Double: Skip(sizeof(double)); break;
                case Binary: Skip(Length()); break;
                default: Structure(expected); break;
            }
        }

        // Of a later version of the format. Those that Parquet.Net passes over wrongly are refused.
        private void Unknown(int type, string field)
        {
            switch (type)
            {
                case True or False: break;
                case Byte: Skip(1); break;
                case I16 or I32 or I64: Number(); break;
                case Double: Skip(sizeof(double)); break;
                case Binary: Skip(Length()); break;
                case Struct when Next() == 0: break;
                case List when ListHeader(field) is (var count, >= Byte and <= Binary and var kind):
                    for (var i = 0L; i < count; i++) Unknown(kind, field);
                    break;
                default: throw new InvalidDataException($"{field} is not known of Parquet files, and cannot be passed over");
            }
        }

        private (long Count, int Type) ListHeader(string field)
        {
            var header = Next();
            var count = header >> 4 == LongList ? Length() : header >> 4;
            // An item has a byte at least.
            return count <= _bytes.Length - At ? (count, header & 15) : throw new InvalidDataException($"{field} states {count:N0} items, more than there are bytes");
        }

        private static int TypeOf(string name) => name switch { "i8" => Byte, "i16" => I16, "i32" => I32, "i64" => I64, "double" => Double, "binary" => Binary, _ => name[0] == '[' ? List : Struct };

        private byte Next() => At < _bytes.Length ? _bytes[At++] : throw new EndOfStreamException("it ends in the middle of what it says of itself");

        private ulong Bits()
        {
            var bits = 0UL;
            for (var i = 0; i < LongestNumber; i++)
            {
                var next = Next();
                bits |= (ulong)(next & 127) << 7 * i;
                if (next < 128) return bits;
            }
            throw new InvalidDataException("a number in it has no end");
        }

        // Small numbers of either sign are small: the sign is the last bit.
        private long Number() => Bits() is var bits ? (long)(bits >> 1) ^ -(long)(bits & 1) : 0;

        private long Length() => Bits() is var bits && bits <= int.MaxValue ? (long)bits : throw new InvalidDataException("a length in it is too large");

        private void Skip(long count)
        {
            if (count > _bytes.Length - At) throw new EndOfStreamException("it ends in the middle of what it says of itself");
            At += (int)count;
        }

        private static InvalidDataException Wrong(string field) => new($"{field} does not have the type that it has in Parquet files");
    }
}
