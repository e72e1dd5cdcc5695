namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>Plots on the way: an errand, a secret door, fog, a fallen star.</summary>
internal static class Roads
{
    public const string Text = """
        = errand
        <errand1> <sight>^<errand2> <meet> [<errand3a> <act>^<errand4a>|<errand3b> <act>^<errand4b>]

        = errand1
        <weather>. "[Take|Bring] this basket to your {+kin} [beyond|on the other side of] {+land}," said {hero}'s mother. In it were {*food} and {*look.a} [|{*color} ]{*tool}. "[And do not dawdle|And stay on the path|And be back before dark]!"
        {hero}'s {+kin} [lay ill|had a bad cold] in a house [beyond|on the other side of] {+land}. So {hero.he} packed {*food}, a bottle of {*drink} and {*color.a} [|{*cloth} ]{*clothes}, and [set out|left] {*when}.

        = errand2
        In the middle of {land} the path [stopped|came to an end]. [A flood had washed away the bridge|The river had risen overnight|A fallen {*tree} lay across it].
        After {*number} miles {hero} came to a crossroads in {land}, but [the wind had blown the signpost down|somebody had turned the signpost around|the letters on the signpost had faded].

        = errand3a
        "[You look lost|You cannot go on here], {pal.tic}," {pal.said} {pal}[| {*how}]. "[There is another way|I know another way], [past|behind] {*spot}. But [it is steep|nobody has gone there for {*number} years], and I have [a lame foot|lost my {*tool}]. [Will you lean me your shoulder|Will you go with me]?"

        = errand3b
        "[I need help|Please wait], {pal.tic}," {pal.said} {pal}[| {*how}]. "My cart [is stuck in the mud|has lost a wheel], and [my back hurts|I am too weak to push]. [Nobody stops|Everyone hurries past]." {hero} looked at the [sinking|low] sun. [It was late|There was not much time], but {hero.he} put down {hero.his} basket.

        = errand4a
        [Together they|Then they] [crossed {land}|went on through {land}], [singing|telling each other riddles], and [at {*hour}|as the first star came out] {hero} knocked at the [little |right |green ]door. "[You came|There you are]!" cried {hero.his} {kin}, [and hugged {hero.him}|and had tears of joy]. {pal} [was asked in|had to come in as well]. <meal>

        = errand4b
        "[Climb up|Up with you], {pal.tic}," {pal.said} {pal}[| {*how}], and [carried|brought] {hero} [all the way|by the shortest way] to the house of {hero.his} {kin}. [The basket was|Everything in the basket was] still [warm|whole], and there was enough for three. <meal>

        = secret
        <secret1> <secret2>^<meet> <secret3> <act>^<secret4>

        = secret1
        <weather>. {hero} was [playing {*game}|looking for mushrooms|picking {*flower}] [near|behind] {*spot} when {hero.he} found a [small|low|tiny] {+color} door. It was [half hidden by|overgrown with] {*flower}.
        [Under the [|{*old} ]{*tree}|In the {*room}] {hero} found {*look.a} key with {+color.a} ribbon. It fitted [no lock|nothing] in the house, but [at|near] {*spot} [was|there was] a [small|low|tiny] door that {hero.he} had never seen open.

        = secret2
        {hero.He} pushed, and [the door|it] opened with {*sound}. [Behind it lay|Inside was] a [hidden|secret|forgotten] garden, full of {*flower}, and in the middle stood an old {*tree}. There was a smell of {*smell}.
        [Behind it|On the other side] a [narrow|long|winding] stair led down to a [hidden|secret|forgotten] workshop. On the shelves lay {*look.a} [|{*color} ]{*tool}, {*music.a}, and {*number} [jars of|boxes of] {*material}. It smelled of {*smell}.

        = secret3
        "[So you have found it|Nobody has come here for {*number} years], {pal.tic}," {pal.said} {pal}[| {*how}]. "[I am getting old|I am tired], and [soon|in {*month}] all this will [fall to dust|be lost]. [Can you keep a secret|Will you help me]?"
        "[What are you doing here|Stop], {pal.tic}!" {pal.said} {pal}[| {*how}]. "[This is a secret place|Nobody may know of this], because [the mayor would tear it down|the wild rabbits would be chased away|here the last {*color} roses grow]." {hero} [felt {*feeling}|was {*feeling}].

        = secret4
        [Day after day|Every {*day}], {hero} [came back|returned] to [pull weeds|oil the hinges|sweep the steps] and told nobody, not even {hero.his} {*kin}. [Then, in|In] {*month}, {pal} opened the {color} [door|gate] wide. "[Now it is time|It is ready], {pal.tic}," {pal.said} {pal}[| {*how}], and [all the children of {home}|the whole of {home}] came in. <meal>
        "[I promise|I give you my word]," said {hero}, and [kept|held] it [like a treasure|through {*season}]. {hero.He} brought {*material} and {*look.a} [|{*color} ]{*tool}, and they [repaired|mended] everything [bit by bit|in {*number} days]. [Over the door|On the wall] they painted {color.a} [sun|star|moon]. <meal>

        = fog
        <fog1> <sight>^<fog2> <meet> <fog3> <act>^<fog4>

        = fog1
        <weather>. {hero} was [gathering|picking] {*flower} [at the edge of|in] {+land} when the fog came, {*dim}.
        {hero} [had followed|was following] {*plume.a} {*bird} [deep into|far into] {+land}, and [when {hero.he} looked around|suddenly] {hero.he} did not know the way back.

        = fog2
        {hero.He} called, but [only {*sound} answered|nobody answered]. {hero.He} had {*junk} and a bit of {*food} in {hero.his} pocket, [nothing else|and that was all].
        [Left or right|Which way]? {hero.He} {*went} in a circle and came back to the same {*tree}, [once|twice|three times]. [Then|All at once] {hero.he} heard {*sound}.

        = fog3
        "[I am lost too|I have lost my way as well], {pal.tic}," {pal.said} {pal}[| {*how}]. "[My lamp has gone out|I cannot see my own feet]." They [tied themselves together|held on to each other] with [a scarf|a piece of string].
        "[Stand still|Do not move], {pal.tic}!" {pal.said} {pal}[| {*how}]. "[One step more|Another step] and you would fall into the [bog|pit|river]. [I am stuck here myself|My foot is caught under a root]." {hero} [stopped|froze].

        = fog4
        {hero} [remembered|had noticed] that moss [always |]grows on the [north|shady] side of {*old.a} {*tree}. [So|In this way] they [found|felt] their way, [tree by tree|step after step], until they [saw|could see] the lights of {home}. {hero.His} {*kin} was standing [at the gate|in the street] with a lantern. <meal>
        [Then|Far away] they heard {*sound}. "[That comes from|That must be] {*spot}!" {hero} {*cried}. They [walked toward it|followed the sound], {*how}, [hand in hand|one behind the other], and [came out of the fog|stood at last] [right |]in front of {hero}'s own house. <meal>

        = star
        <star1a> <star2>^<meet> <star3a> <act>^<star4a>
        <star1b> <star2>^<meet> <star3b> <act>^<star4b>

        = star1a
        One [clear|cold|warm] night in {*month} {hero} saw a star fall [behind|near] {*spot}. [It made a sound|It sounded] like {*sound}. {hero.He} put on {*color.a} [|{*cloth} ]{*clothes} and [crept|slipped] out of the house.

        = star1b
        [All the lights went out|It grew dark] in {home} one {*day} night, [because|for] the [big|old] lamp in the lighthouse was [broken|cold]. {hero} [was awake|could not sleep] and put on {*color.a} [|{*cloth} ]{*clothes}.

        = star2
        {hero.He} {*went} across {+land}, and [the grass|the ground] was {*dim}. {*plume.A} {*bird} [called|cried], and {*coat.a} {*animal} [ran|hurried] across the path. [There was|In the dark there was] something that glowed, no bigger than [a pea|a cherry|an egg].
        {hero.He} {*went} over {+land}, where it smelled of {*smell}. [Under the [|{*old} ]{*tree}|Between two stones] lay a [tiny|small] spark, {*color} and {*glow}.

        = star3a
        "[It must go back|That is no toy], {pal.tic}," {pal.said} {pal}[| {*how}]. "[A star that is not home by dawn goes out|Before sunrise it will be dark forever]. [But I cannot climb|My legs are too slow]." [Above them rose|There stood] [the highest|a tall] {*tree}.

        = star3b
        "[I dropped it|I have been looking for it], {pal.tic}," {pal.said} {pal}[| {*how}]. "[It lights the lamp for the ships|Without it the ships will not find the harbor]. [Will you carry it|Can you hold it]? [It burns my hands|My hands shake so]." {hero} [took it|held it] in {hero.his} {*wrap}.

        = star4a
        {hero} climbed higher and higher, [with the light between {hero.his} teeth|holding the light high], until all of {home} [lay|was] below, as small as a [toy|coin]. {hero.He} let go. The star [trembled|shook], rose, and [took its old place|hung in the sky again]. "[It is winking at you|That one is yours now], {pal.tic}." <meal>

        = star4b
        Just as the [sky|east] turned {*color}, [they reached the top|{hero} put the light in its place], and [a beam|a bright path] fell across {land}. Far out a ship [rang its bell|turned toward home]. "[{*number.It} sailors|A whole crew] will have breakfast at home today, thanks to you, {pal.tic}," {pal.said} {pal}[| {*how}]. <meal>
        """;
}
