namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>What the plots share: the sights of the road, meetings, meals, and how a trait shows when it counts.</summary>
internal static class Details
{
    public const string Text = """
        = sight
        On the way {hero.he} [passed|met|saw] {*folk} {*surname}[| the {*job}] {*doing}, {*kida}[| {*surname}] with {*look.a} [|{*color} ]{*tool}, and {*coat.a} {*animal} {*perch}.
        {*coat.A} {*animal} was {*perch}, {*folk} {*surname}[| the {*job}] was {*doing}, and little {*kidb}[| {*surname}] was eating {*fruit}.
        The air smelled of {*smell} and [|{*hue} ]{*flower}, and from {*spot} came {*sound}, for {*folk} {*surname}[| the {*job}] was {*doing}.
        Past {*spot} {hero.he} {*went}, where [|{*hue} ]{*flower} [grew|bloomed] under {*old.a} {*tree}, {*plume.a} {*bird} sang, and {*kidc}[| {*surname}] was {*doing}.
        {*insect.A} [settled|landed] on {hero.his} {*color} [|{*cloth} ]{*clothes}, {*plume.a} {*bird} [called|sang|answered] from {*old.a} {*tree}, and {*coat.a} {*animal} was {*perch}.
        "[What is the hurry|Why so {*feeling}], {hero}?" [asked|called] {*folk} {*surname}[| the {*job}], who was {*doing}. "[I will tell you later|No time to explain|You will see]!" {hero.he} {*cried}.
        {*kida}[| {*surname}], {*kidb}[| {*surname}] and {*kidc}[| {*surname}] were playing {*game} [near|behind] {*spot}, but {hero.he} {*went} past them, [deep in thought|without a word|humming].

        = weather
        It was {*sky.a} {*hour} in {*month}
        It happened on {*sky.a} {*day} in {*month}
        It all began [on a|one] {*sky} {*hour} in {*season}
        It was the {*nth} of {*month}, {*sky.a} {*day}

        = meal
        They had {*food} with {*fruit} and {*drink} in {*color} cups, and {*folk} {*surname}[| the {*job}] brought {*look.a} {*color} plate of {*cake}.
        {*kida}[| {*surname}], {*kidb}[| {*surname}] and {*kidc}[| {*surname}] came too, and they all ate {*food}, {*fruit} and {*cake}.
        {*folk} {*surname}[| the {*job}] brought {*food}, {*kida}[| {*surname}] brought {*fruit}, {*kidb}[| {*surname}] brought {*cake}, and {pal} poured the {*drink}.
        {pal} [brought|fetched|offered] {*food}, {*fruit} and {*cake} on {*look.a} {*color} plate, with {*drink}, and it was {*tasty}.

        = guests
        2*[There to see it|Among those who clapped|In the front row] were {*folk} {*surname}, {*folk} {*surname}, {*folk} {*surname} the {*job}, {*folk} {*surname}, {*folk} {*surname} and {*folk} {*surname}.
        {*folk} {*surname} [cheered|whistled], {*folk} {*surname} threw [|{*hue} ]{*flower}, and {*folk} {*surname} and {*folk} {*surname} gave {hero.him} {*look.a} {*color} {*thing}.
        {*folk} {*surname} played the {*music}, and {*folk} {*surname} the {*job} baked {*cake} with {*fruit} for {*kida}, {*kidb}, {*kidc} and {*folk}.
        {*folk} {*surname}, {*folk} {*surname} and {*folk} {*surname} [came running|climbed onto chairs], and {*folk} {*surname} the {*job} waved {*color.a} {*cloth} {*clothes}.

        = meet
        [There|Just there|And there], [beside|behind|in front of] {*spot}, [stood|sat|waited] {+pal.intro}, in {*color.a} [|{*cloth} ]{*clothes}, {*simile}. <tale>
        [That was how {hero} met|And so {hero} met|Then along came|Around the corner came] {+pal.intro}, [carrying {*look.a} [|{*color} ]{*tool}|in {*color.a} [|{*cloth} ]{*clothes}|who looked {*feeling}]. <tale>
        "[Good day|Hello there|Who goes there|Watch your step]," said somebody [behind {hero.him}|close by|in {*feeling.a} voice]. It was {+pal.intro}, {*simile}, in {*color.a} [|{*cloth} ]{*clothes}. <tale>
        [At|Near|Close to] {*spot} lived {+pal.intro}, who [owned {*look.a} {*music}|played the {*music}|loved {*food}|was fond of {*game}] and wore {*color.a} [|{*cloth} ]{*clothes}. <tale>

        = tale
        "{pal.oh}! [Last|Only last] {*day} I lent my {*look} [|{*color} ]{*tool} to {*folk} {*surname}[| the {*job}]," {pal.said} {pal}[| {*how}], "and [all I got was|what I got back was] {*junk}, {*look.a} [|{*color} ]{*thing} and {*fruit}."
        "{pal.oh}!" {pal.said} {pal}[| {*how}]. "I [was waiting for|am looking for|thought you were] {*folk} {*surname}[| the {*job}], who [owes|promised] me {*food}, {*color.a} [|{*cloth} ]{*clothes} and {*look.a} [|{*color} ]{*tool}."
        In {pal.his} [basket|bag|wheelbarrow] {pal.he} had {*fruit}, {*junk}, {*look.a} [|{*color} ]{*thing}, {*color.a} [|{*cloth} ]{*clothes} and {*cake}.
        "[Where I come from|At home]," {pal.said} {pal}[| {*how}], "we eat {*food} with {*fruit} on {*day}, and {*folk} {*surname} plays the {*music} for {*kida}, {*kidb} and {*kidc} until [midnight|dawn|dark]."
        "[My friends|My cousins] {*kida}[| {*surname}], {*kidb}[| {*surname}] and {*kidc}[| {*surname}] [send you their best wishes|told me about you]," {pal.said} {pal}[| {*how}], [chewing {*fruit}|holding {*look.a} [|{*color} ]{*thing}].

        = act
        {trait.act}
        """;
}
