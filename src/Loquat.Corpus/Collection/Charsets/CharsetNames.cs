using System.Text;

namespace Loquat.Corpus.Collection.Charsets;

/// <summary>Encodings by the names that files and protocols give them. Names are read as browsers read them: `latin1` is windows-1252, `gb2312` is GB 18030.</summary>
public static class CharsetNames
{
    private const string Controls = "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F";

    private static readonly Dictionary<string, Encoding> _own = new Encoding[]
    {
        new EucTwEncoding(),
        new TableEncoding("viscii", "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ",
            (0x02, 'Ẳ'), (0x05, 'Ẵ'), (0x06, 'Ẫ'), (0x14, 'Ỷ'), (0x19, 'Ỹ'), (0x1E, 'Ỵ')),
        new TableEncoding("iso-8859-10", Controls + "\u00A0ĄĒĢĪĨĶ§ĻĐŠŦŽ\u00ADŪŊ°ąēģīĩķ·ļđšŧž―ūŋĀÁÂÃÄÅÆĮČÉĘËĖÍÎÏÐŅŌÓÔÕÖŨØŲÚÛÜÝÞßāáâãäåæįčéęëėíîïðņōóôõöũøųúûüýþĸ"),
        new TableEncoding("iso-8859-14", Controls + "\u00A0Ḃḃ£ĊċḊ§Ẁ©ẂḋỲ\u00AD®ŸḞḟĠġṀṁ¶ṖẁṗẃṠỳẄẅṡÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏŴÑÒÓÔÕÖṪØÙÚÛÜÝŶßàáâãäåæçèéêëìíîïŵñòóôõöṫøùúûüýŷÿ"),
        new TableEncoding("iso-8859-16", Controls + "\u00A0ĄąŁ€„Š§š©Ș«Ź\u00ADźŻ°±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ"),
        new TableEncoding("koi8-t", "қғ‚Ғ„…†‡\uFFFD‰ҳ‹ҲҷҶ\uFFFDҚ‘’“”•–—\uFFFD™\uFFFD›\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDӯӮё¤ӣ¦§\uFFFD\uFFFD\uFFFD«¬\u00AD®\uFFFD°±²Ё\uFFFDӢ¶·\uFFFD№\uFFFD»\uFFFD\uFFFD\uFFFD©юабцдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ"),
        new TableEncoding("armscii-8", Controls + "\u00A0\uFFFDև։\u0029\u0028»«—\u002E՝\u002C\u002D֊…՜՛՞ԱաԲբԳգԴդԵեԶզԷէԸըԹթԺժԻիԼլԽխԾծԿկՀհՁձՂղՃճՄմՅյՆնՇշՈոՉչՊպՋջՌռՍսՎվՏտՐրՑցՒւՓփՔքՕօՖֆ՚\uFFFD"),
    }.ToDictionary(e => e.WebName);

    // What a file says and what it means: a code page each, by names of letters and digits alone.
    private static readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal)
    {
        ["ascii"] = "windows-1252",
        ["usascii"] = "windows-1252",
        ["latin1"] = "windows-1252",
        ["iso88591"] = "windows-1252",
        ["l1"] = "windows-1252",
        ["ansi"] = "windows-1252",
        ["8859"] = "windows-1252",
        ["ansix341968"] = "windows-1252",
        ["cp1252"] = "windows-1252",
        ["cp1250"] = "windows-1250",
        ["cp1251"] = "windows-1251",
        ["win1251"] = "windows-1251",
        ["cp1253"] = "windows-1253",
        ["cp1254"] = "windows-1254",
        ["cp1255"] = "windows-1255",
        ["cp1256"] = "windows-1256",
        ["cp1257"] = "windows-1257",
        ["cp1258"] = "windows-1258",
        ["iso88599"] = "windows-1254",
        ["latin5"] = "windows-1254",
        ["iso885911"] = "windows-874",
        ["tis620"] = "windows-874",
        ["cp874"] = "windows-874",
        ["latin2"] = "iso-8859-2",
        ["iso88598i"] = "iso-8859-8",
        ["utf8"] = "utf-8",
        ["utf8mb4"] = "utf-8",
        ["unicode"] = "utf-16",
        ["utf16"] = "utf-16",
        ["ucs2"] = "utf-16",
        ["utf16le"] = "utf-16",
        ["utf16be"] = "utf-16BE",
        ["utf32"] = "utf-32",
        ["utf32le"] = "utf-32",
        ["utf32be"] = "utf-32BE",
        ["shiftjis"] = "932",
        ["sjis"] = "932",
        ["xsjis"] = "932",
        ["cp932"] = "932",
        ["windows31j"] = "932",
        ["ms932"] = "932",
        ["eucjp"] = "51932",
        ["xeucjp"] = "51932",
        ["ujis"] = "51932",
        ["iso2022jp"] = "50222",
        ["csiso2022jp"] = "50222",
        ["gb2312"] = "54936",
        ["gbk"] = "54936",
        ["xgbk"] = "54936",
        ["cp936"] = "54936",
        ["euccn"] = "54936",
        ["gb18030"] = "54936",
        ["hzgb2312"] = "52936",
        ["hz"] = "52936",
        ["big5"] = "950",
        ["big5hkscs"] = "950",
        ["cp950"] = "950",
        ["cnbig5"] = "950",
        ["xxbig5"] = "950",
        ["euckr"] = "949",
        ["ksc56011987"] = "949",
        ["ksc5601"] = "949",
        ["cp949"] = "949",
        ["uhc"] = "949",
        ["windows949"] = "949",
        ["ms949"] = "949",
        ["johab"] = "1361",
        ["iso2022kr"] = "50225",
        ["euctw"] = "euc-tw",
        ["xeuctw"] = "euc-tw",
        ["koi8r"] = "20866",
        ["koi8"] = "20866",
        ["koi8u"] = "21866",
        ["koi8ru"] = "21866",
        ["cp866"] = "866",
        ["ibm866"] = "866",
        ["cp855"] = "855",
        ["cp850"] = "850",
        ["cp852"] = "852",
        ["cp437"] = "437",
        ["ibm437"] = "437",
        ["cp858"] = "858",
        ["cp862"] = "862",
        ["cp864"] = "864",
        ["cp737"] = "737",
        ["cp775"] = "775",
        ["cp857"] = "857",
        ["macroman"] = "10000",
        ["macintosh"] = "10000",
        ["xmacroman"] = "10000",
        ["maccyrillic"] = "10007",
        ["xmaccyrillic"] = "10007",
        ["maccentraleurope"] = "10029",
        ["maclatin2"] = "10029",
    };

    /// <summary>The encoding of that name, which puts U+FFFD in place of bytes that mean nothing; null where there is none.</summary>
    public static Encoding? Find(string name)
    {
        var key = new string([.. name.Where(char.IsAsciiLetterOrDigit)]).ToLowerInvariant();
        if (key.Length is 0 or > 40) return null;
        var target = _aliases.GetValueOrDefault(key) ?? name.Trim().Trim('"', '\'').ToLowerInvariant();
        if (_own.TryGetValue(target, out var own)) return own;
        if (target == "utf-8") return new UTF8Encoding(false);
        if (target == "utf-7") return null; // mail alone may use it, and no browser reads it
        var replacement = new DecoderReplacementFallback("\uFFFD");
        try
        {
            return int.TryParse(target, out var page) ? Page(page) : CodePagesEncodingProvider.Instance.GetEncoding(target, EncoderFallback.ReplacementFallback, replacement) ?? Encoding.GetEncoding(target, EncoderFallback.ReplacementFallback, replacement);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    internal static Encoding Page(int page) => CodePagesEncodingProvider.Instance.GetEncoding(page, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\uFFFD"))
        ?? Encoding.GetEncoding(page, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\uFFFD"));
}
