using System.Text;
using Loquat.Tests;
using Loquat.Text.Tokenization.Models.SentencePiece;

namespace Loquat.Text.Tests.Tokenization.Models.SentencePiece;

/// <summary>Writes small sentencepiece models, so that tests can have any kind.</summary>
internal static class ModelWriter
{
    public static byte[] Write(SentencePieceAlgorithm algorithm, bool dummyPrefix, bool removeSpaces, params (string Text, float Score, PieceType Type)[] pieces)
    {
        var model = new List<byte>();
        foreach (var (text, score, type) in pieces)
        {
            var piece = new List<byte>();
            Bytes(piece, 1, Encoding.UTF8.GetBytes(text));
            piece.Add(2 << 3 | 5);
            piece.AddRange(BitConverter.GetBytes(score));
            Integer(piece, 3, (int)type);
            Bytes(model, 1, [.. piece]);
        }
        var trainer = new List<byte>();
        Integer(trainer, 3, (int)algorithm);
        Bytes(model, 2, [.. trainer]);
        var rules = new List<byte>();
        Integer(rules, 3, dummyPrefix ? 1 : 0);
        Integer(rules, 4, removeSpaces ? 1 : 0);
        Bytes(model, 3, [.. rules]);
        return [.. model];
    }

    private static void Integer(List<byte> output, int field, int value)
    {
        output.Add((byte)(field << 3));
        output.Add((byte)value);
    }

    private static void Bytes(List<byte> output, int field, byte[] value)
    {
        output.Add((byte)(field << 3 | 2));
        for (var length = value.Length; ; length >>= 7)
        {
            output.Add((byte)(length > 127 ? length & 127 | 128 : length));
            if (length < 128) break;
        }
        output.AddRange(value);
    }
}
