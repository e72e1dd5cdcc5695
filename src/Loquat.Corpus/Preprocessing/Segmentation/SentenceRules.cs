using System.Collections.Frozen;

namespace Loquat.Corpus.Preprocessing.Segmentation;

/// <summary>What a period behind a word means in a language. The lists are short: they hold what is frequent, and leave the rest to the word that follows.</summary>
internal sealed class SentenceRules
{
    private static readonly FrozenDictionary<string, SentenceRules> _languages = new Dictionary<string, SentenceRules>
    {
        ["eng"] = new(
            "mr mrs ms messrs mme dr prof st mt ft rev hon pres gov gen col maj capt cmdr lt sgt cpl pvt adm sen rep reps sens supt ambassador sr. det insp atty rt fr br sis ald mx esq. vs cf viz",
            "no nos p pp vol vols fig figs ch chap sec sect art par para ex eq eqs ref refs ed. v n° nr op",
            "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun jr sr bros inc ltd co corp llc plc etc al est ave blvd rd hwy dept univ assn bldg approx apt ca calif mass conn wash penn tenn minn mich wis ariz ala ark colo fla ga ill ind kan ky la md miss mo mont neb nev okla ore tex va vt wyo esq ext ed eds trans tel hr hrs min mins sec secs yr yrs oz lb lbs kg km cm mm sq mi gal qt pt avg max misc esp incl excl i.e e.g cap d b r m repr", ordinals: false,
            starters: "a an and at being but by did do does for from had has have he her here his how however i if in is it its more most my no not now on one our she since so some that the their then there these they this those to was we were what when where which while who why with you your mr. mrs. dr."),
        ["deu"] = new("dr prof hr hrn fr frl dipl ing st sr bgm reg hl ph. mag", "nr nrn s bd abs art abb tab kap ziff anm rn rz bl aufl par lit vgl siehe seite", "usw bzw etc ca evtl ggf inkl exkl zzgl sog jh jhd jhdt chr str tel geb gest verst verh mio mrd tsd std min sek jan feb mär apr jun jul aug sept okt nov dez mo di mi do fr sa so allg engl dt frz lat griech ital span amtl bes eigtl entspr gem ggü insb insbes lt lfd z max mind mtl od sen jun u.a vs zzt zz wg hrsg verl", ordinals: true),
        ["fra"] = new("m mm mme mlle mgr dr pr me mtre st ste ch", "n° no nos p pp art vol chap fig tab al éd ch §", "etc av apr env cf ex hab janv févr avr juil sept oct nov déc bd boul adj adm dép fr hab tél resp suiv", false),
        ["spa"] = new("sr sra srta sres sras dr dra d dña don prof profa lic ing arq gral cnel sto sta", "núm nro no p pág págs art vol cap fig n.º ref", "etc ej admón avda av apdo cía ee dpto depto ed eds entlo izq dcha dto fdo máx mín tel telf aprox ene feb mar abr may jun jul ago sep sept oct nov dic vs ud uds", false),
        ["ita"] = new("sig sigg sig.ra sig.na dott dott.ssa prof prof.ssa avv ing geom rag mons on san", "n nr num pag pagg p pp art artt vol cap fig tav", "ecc es ca cfr cit ed tel sec secc gen feb mar apr mag giu lug ago set sett ott nov dic int est min max s.p.a srl", false),
        ["nld"] = new("dhr mevr mw drs dr prof ir mr ing ds st", "nr nrs blz p pag art hfdst afb fig bijl", "enz bijv ca jl a.s m.b.t o.a m.a.w tel incl excl resp evt vgl zgn jan feb mrt apr jun jul aug sept okt nov dec min max ong red vert", false),
        ["pol"] = new("p pp dr prof inż mgr hab lek ks św płk ppłk gen kpt por red bp abp o", "nr s str art poz pkt ust rozdz tab rys t", "itd itp tzn tzw np tj m.in im ul al os pl wg zob por ok ew godz min sek tys mln mld r w wyd red ur zm por sp j.m cd jw ww", true),
        ["rus"] = new("г-н г-жа гр тов акад проф доц ген полк св", "стр с рис табл гл п пп ст № т кн разд ч", "др пр т.е т.д т.п т.к и.о напр см ср г гг в вв руб коп тыс млн млрд ул пл пр-т д кв обл р-н пос дер им род ум англ нем фр лат греч н.э мин сек ч м км кг", false),
        ["ukr"] = new("п акад проф доц ген св", "стр с рис табл гл п ст № т", "ін т.д т.п т.зв напр див пор р рр ст грн коп тис млн млрд вул пл обл р-н ім нар пом англ н.е хв год", false),
        ["bul"] = new("г-н г-жа г-ца д-р проф доц акад ген св инж", "стр с фиг табл гл чл т бр", "др пр т.е т.н и.д напр вж вм г гг в в. хил млн млрд лв ст ул пл бул кв гр обл с мин сек ч", false),
        ["ces"] = new("p pí sl dr ing mgr bc mudr judr phdr rndr prof doc sv gen plk", "č čís s str odst art obr tab kap sv", "atd atp apod tj tzn tzv např resp popř příp mj aj hl ul nám tř r roč stol př n.l tis mil mld kč tel cca vyd red", true),
        ["ell"] = new("κ κα κος κων δρ καθ στρ αγ", "αρ σ σελ τ τομ κεφ εικ άρθ παρ", "κλπ κτλ κ.λπ κ.ά π.χ δηλ βλ πρβλ π.μ μ.μ π.Χ μ.Χ λ.χ χλμ εκ τηλ οδ ιαν φεβ μαρ απρ", false) { IsGreek = true },
        ["tur"] = new("dr prof doç yrd sn alb gen bşk av müh öğr", "no nr s sf sh c cilt madde md", "vb vs vd vdl örn bkz krş çev haz yy mah sok cad apt tel tic ltd şti a.ş hz", true),
        ["por"] = new("sr sra srta srs sras dr dra prof profa eng arq exmo exma d pe st sto sta", "n nº núm p pág págs art vol cap fig", "etc ex av tel ltda cia séc jan fev mar abr mai jun jul ago set out nov dez aprox min max obs", false),
        ["swe"] = new("dr prof ing st hr fr", "nr s sid kap fig tab", "bl ca dvs etc ev exkl f.d fr.o.m inkl jfr kl m.fl m.m mfl milj mkt o.d osv resp t.ex tel t.o.m", false),
        ["dan"] = new("dr prof hr fr fru", "nr s sd kap fig tab", "bl.a ca dvs etc evt f.eks fx inkl ekskl jf kl m.fl m.m mia mio osv pga pr tlf", true),
        ["fin"] = new("dr prof tri hra rva", "nro s kpl ks", "esim jne mm ym yms ns n eaa eKr jKr ko os puh tri v vrt", true),
        ["hun"] = new("dr prof id ifj özv", "sz old p ld vö", "stb pl kb ill ún vmint u.n i.e max min ker út u", true),
        ["ron"] = new("dl dna dra dr prof ing sf", "nr p pag art vol cap fig", "etc ex cca str bd jud lat loc tel", false),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> _names = new Dictionary<string, string>
    {
        ["en"] = "eng",
        ["de"] = "deu",
        ["ger"] = "deu",
        ["fr"] = "fra",
        ["fre"] = "fra",
        ["es"] = "spa",
        ["it"] = "ita",
        ["nl"] = "nld",
        ["dut"] = "nld",
        ["pl"] = "pol",
        ["ru"] = "rus",
        ["uk"] = "ukr",
        ["bg"] = "bul",
        ["cs"] = "ces",
        ["cze"] = "ces",
        ["el"] = "ell",
        ["gre"] = "ell",
        ["tr"] = "tur",
        ["pt"] = "por",
        ["sv"] = "swe",
        ["da"] = "dan",
        ["nb"] = "dan",
        ["nob"] = "dan",
        ["no"] = "dan",
        ["fi"] = "fin",
        ["hu"] = "hun",
        ["ro"] = "ron",
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> _exclamations = FrozenSet.ToFrozenSet(["yahoo", "jeopardy", "yum", "oklahoma", "kahoot", "joomla", "chips ahoy", "wham", "mamma mia", "panic"]);

    private readonly FrozenSet<string> _titles;
    private readonly FrozenSet<string> _numbered;
    private readonly FrozenSet<string> _others;
    private readonly FrozenSet<string> _starters;

    private SentenceRules(string titles, string numbered, string others, bool ordinals, string starters = "")
    {
        (_titles, _numbered, _others, _starters) = (Words(titles), Words(numbered), Words(others), Words(starters));
        Ordinals = ordinals;
    }

    /// <summary>The rules of a language by its code (ISO 639-1, -2 or -3, BCP 47); of one without rules, those of English.</summary>
    public static SentenceRules Of(string? language)
    {
        var code = language?.Split('-', '_')[0].ToLowerInvariant() ?? "eng";
        return _languages.GetValueOrDefault(_names.GetValueOrDefault(code, code)) ?? _languages["eng"];
    }

    /// <summary>Whether a number and a period are an ordinal: German, Polish, Czech.</summary>
    public bool Ordinals { get; }

    /// <summary>Whether a semicolon asks.</summary>
    public bool IsGreek { get; private init; }

    public bool IsTitle(ReadOnlySpan<char> word) => Has(_titles, word);

    public bool IsNumbered(ReadOnlySpan<char> word) => Has(_numbered, word);

    public bool IsAbbreviation(ReadOnlySpan<char> word) => Has(_others, word) || Has(_titles, word) || Has(_numbered, word);

    /// <summary>Whether a word in upper case rather begins a sentence than goes on behind an abbreviation.</summary>
    public bool Begins(ReadOnlySpan<char> word) => Has(_starters, word);

    public static bool IsExclamation(ReadOnlySpan<char> word) => Has(_exclamations, word);

    private static bool Has(FrozenSet<string> words, ReadOnlySpan<char> word)
    {
        if (word.Length is 0 or > 24) return false;
        Span<char> lower = stackalloc char[24];
        return words.GetAlternateLookup<ReadOnlySpan<char>>().Contains(lower[..Math.Max(0, word.ToLowerInvariant(lower))]);
    }

    private static FrozenSet<string> Words(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.ToLowerInvariant()).ToFrozenSet();
}
