using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>How much of a text is said more than once. Pieces are compared by 64-bit hashes.</summary>
internal static class Repetition
{
    [ThreadStatic]
    private static Scratch? _scratch;

    /// <summary>Pieces that came before, and their characters.</summary>
    public static (int Count, int Characters) Duplicates(MeasuredText text, List<TextSpan> pieces)
    {
        if (pieces.Count < 2) return (0, 0);
        var table = Scratch.Of(0).Table;
        table.Begin(pieces.Count);
        var (count, characters) = (0, 0);
        foreach (var piece in pieces)
        {
            if (table[table.Add(MeasuredText.HashOf(piece.Of(text.Text)))] == 1) continue;
            count++;
            characters += text.Length(piece);
        }
        return (count, characters);
    }

    /// <summary>
    /// For each n in turn, the characters of the most frequent n-gram of words (joined by spaces) times how often it comes; of equals the first. -1 where the text has no n words.
    /// </summary>
    public static int[] Top(MeasuredText text, IReadOnlyList<int> sizes)
    {
        var hashes = text.WordHashes;
        var scratch = Scratch.Of(hashes.Length);
        var (table, folds, places, found) = (scratch.Table, scratch.Folds, scratch.Places, scratch.Found);
        var result = new int[sizes.Count];
        // Folds: of the n-gram that begins at each word, one word more each time. Places: where the n-grams looked at last, of fewer words, came more than once: more words come again nowhere else.
        var (folded, length) = (int.MaxValue, 0);
        for (var s = 0; s < sizes.Count; s++)
        {
            var n = sizes[s];
            if (hashes.Length < n)
            {
                result[s] = -1;
                continue;
            }
            if (n < folded)
            {
                (folded, length) = (0, hashes.Length);
                for (var i = 0; i < length; i++) (places[i], folds[i]) = (i, 0x9e3779b97f4a7c15);
            }
            while (length > 0 && places[length - 1] + n > hashes.Length) length--;
            table.Begin(length);
            for (var p = 0; p < length; p++)
            {
                var (i, fold) = (places[p], folds[places[p]]);
                for (var k = folded; k < n; k++) fold = BitOperations.RotateLeft((fold ^ hashes[i + k]) * 0xff51afd7ed558ccd, 29);
                folds[i] = fold;
                found[p] = table.Add(fold);
            }
            folded = n;
            var (best, most, again) = (0, Math.Max(1, table.MostFrequent), 0);
            var isFound = most == 1;
            for (var p = 0; p < length; p++)
            {
                var count = table[found[p]];
                if (count == 1) continue;
                // The first place whose n-gram has the highest count.
                if (!isFound && count == most) (best, isFound) = (places[p], true);
                places[again++] = places[p];
            }
            length = again;
            var characters = n - 1;
            for (var k = best; k < best + n; k++) characters += text.Length(text.Words[k]);
            result[s] = characters * most;
        }
        return result;
    }

    /// <summary>For each n in turn, the characters of n-grams (their words joined without spaces) that came before; after one the next n words are passed over.</summary>
    public static int[] Repeated(MeasuredText text, IReadOnlyList<int> sizes)
    {
        var result = new int[sizes.Count];
        var scratch = Scratch.Of(text.Words.Count);
        RunTogether(text, scratch);
        var places = PlacesOfCopies(text, sizes.Min(), scratch);
        if (places > 0)
            for (var s = 0; s < result.Length; s++) result[s] = Repeated(text, sizes[s], scratch, places);
        return result;
    }

    private static int Repeated(MeasuredText text, int n, Scratch scratch, int places)
    {
        var (table, begins) = (scratch.Table, scratch.Begins);
        var run = scratch.Run.AsSpan();
        table.Begin(places);
        var (repeated, free) = (0, 0);
        for (var p = 0; p < places; p++)
        {
            var i = scratch.Places[p];
            if (i < free) continue;
            if (i + n > text.Words.Count) break;
            var (from, to) = (begins[i], begins[i + n]);
            if (table[table.Add(MeasuredText.HashOf(run[from..to]))] == 1) continue;
            repeated += text.IsBasic ? to - from : CodePoints(text, i, n);
            free = i + n;
        }
        return repeated;
    }

    /// <summary>
    /// Words at which an n-gram may begin that comes again: those whose next characters, as many as every n-gram has at least, come again at another word. All that is said twice begins there.
    /// </summary>
    /// <returns>How many places.</returns>
    private static int PlacesOfCopies(MeasuredText text, int n, Scratch scratch)
    {
        var (table, begins, found) = (scratch.Table, scratch.Begins, scratch.Found);
        var run = scratch.Run.AsSpan();
        var count = text.Words.Count - n + 1;
        if (count < 2) return 0;
        var least = int.MaxValue;
        for (var i = 0; i < count; i++) least = Math.Min(least, begins[i + n] - begins[i]);
        table.Begin(count);
        for (var i = 0; i < count; i++) found[i] = table.Add(MeasuredText.HashOf(run.Slice(begins[i], least)));
        if (table.MostFrequent == 1) return 0;
        var places = 0;
        for (var i = 0; i < count; i++)
            if (table[found[i]] > 1) scratch.Places[places++] = i;
        return places;
    }

    /// <summary>The words without what is between them, and where each begins.</summary>
    private static void RunTogether(MeasuredText text, Scratch scratch)
    {
        var words = CollectionsMarshal.AsSpan(text.Words);
        var characters = text.Text.AsSpan();
        var begins = scratch.Begins;
        var run = scratch.Room(characters.Length + Vector128<ushort>.Count);
        ref var from = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(characters));
        ref var to = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetArrayDataReference(run));
        var end = 0;
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            begins[i] = end;
            // Eight characters at once, the ninth and more where there are: the next word is written over what is too much.
            if (word.Length <= Vector128<ushort>.Count && word.Start + Vector128<ushort>.Count <= characters.Length) Vector128.LoadUnsafe(ref from, (nuint)word.Start).StoreUnsafe(ref to, (nuint)end);
            else word.Of(characters).CopyTo(run.AsSpan(end));
            end += word.Length;
        }
        begins[words.Length] = end;
    }

    private static int CodePoints(MeasuredText text, int first, int n)
    {
        var count = 0;
        for (var k = first; k < first + n; k++) count += text.Length(text.Words[k]);
        return count;
    }

    /// <summary>What a thread needs for a text, used again for the next.</summary>
    private sealed class Scratch
    {
        private const int LargestKept = 1 << 20; // words; a longer text takes its scratch with it

        public HashTable Table { get; } = new();

        public ulong[] Folds { get; private set; } = [];

        public int[] Places { get; private set; } = [];

        public int[] Found { get; private set; } = [];

        public int[] Begins { get; private set; } = [];

        public char[] Run { get; private set; } = [];

        public static Scratch Of(int words)
        {
            var scratch = words > LargestKept ? new() : _scratch ??= new();
            if (scratch.Begins.Length > words) return scratch;
            var size = Math.Max(1024, words + words / 4);
            (scratch.Folds, scratch.Places, scratch.Found, scratch.Begins) = (new ulong[size], new int[size], new int[size], new int[size + 1]);
            return scratch;
        }

        public char[] Room(int characters)
        {
            if (Run.Length < characters) Run = new char[Math.Max(1 << 14, characters + characters / 4)];
            return Run;
        }
    }
}
