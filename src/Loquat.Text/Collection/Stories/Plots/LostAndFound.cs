namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>Plots about things: lost, broken, given, missing.</summary>
internal static class LostAndFound
{
    public const string Text = """
        = lost
        <lost1> <lost2>^<meet> <lost3>^<lost4>

        = lost1
        {hero}'s dearest [treasure|possession] was {+color.a} {+thing}, a present from {hero.his} {*kin}. <weather> when {hero.he} [reached into {hero.his} pocket|opened the {*room}|looked under the pillow] and found that it was gone.
        [One day|One {*season} day] {hero} lost {hero.his} {+color} {+thing}. It had been [on the windowsill|in the {*room}] [the night before|at breakfast], and now [there was nothing but {*junk}|the place was empty].

        = lost2
        {hero.He} [searched|looked in] the {*room}, [then {*spot}|and even {*spot}], and found only {*junk}. <sight>
        "[Think|Now think], where did you [have|see] it last?" asked {hero.his} {*kin}. "[By|Near|Behind] {*spot}," said {hero}, and off {hero.he} {*went}. <sight>
        "[Somebody|A thief] has taken it!" {hero.he} {*cried}. But {hero.his} {*kin} [only smiled|only laughed|went on with the dishes]. "[Things have no legs|Look again|Look before you shout]." So {hero.he} {*went} to {*spot}. <sight>

        = lost3
        "[I saw something {color}|Something {color} went by] {*when}," {pal.said} {pal}[| {*how}]. "{*plume.A} {*bird} [was carrying it|had it in its beak], [over|toward] {*land}." <act>
        "[A thing like that|Something like that] is [in the {*room} of the {*job}|at the bottom of {*spot}], {pal.tic}," {pal.said} {pal}[| {*how}]. "[But it is dark in there|But mind the {*animal}|But nobody dares to go there]." <act>
        {pal} [scratched {pal.his} head|sniffed the ground|put on {pal.his} spectacles]. "[Here are footprints|Look at these tracks]," {pal.he} said. "[They lead|They go] [to|toward] {*land}. {*coat.A} {*animal}, [I should say|I think], {pal.tic}." <act>

        = lost4
        [High in the [|{*old} ]{*tree}|Under the [|{*old} ]{*tree}|Between the roots of the [|{*old} ]{*tree}] [there was a nest|they found a nest], and in the nest, among {*flower}, lay the {color} {thing}. [Five|Three|Four] [hungry|tiny|sleepy] [young ones|babies] [lay curled around it|were using it as a pillow]. "[They need it more than I do tonight|We must not wake them]," {hero} whispered. So the {thing} stayed there until {*month}.
        And [there it was|there it lay], the {color} {thing}, [a little muddy|wet with dew|covered with dust] but [whole|not broken]. {hero} [hugged it|held it up to the light|danced with joy] and was {*glad} again.
        The [finder|thief] was a small {hero.child} [from {*land}|with {*color} hair], who [had never owned a toy|had no toys at all] and [held|hugged] the {color} {thing} tightly. {hero} thought [for a while|hard]. "[We could share it|Keep it until {*day}|We can play with it together]," {hero.he} said at last, and the [little one|child] [smiled|beamed].

        = mistake
        <mistake1> <mistake2>^<mistake3> <act>^<mistake4>

        = mistake1
        [Next door lived|Across the street lived] {+pal.intro}, who [kept|owned] {+look.a} {+thing} and [loved it dearly|dusted it every {*day}]. <weather>, and {hero} was [playing {*game}|chasing {*coat.a} {*animal}|practicing the {*music}] [indoors|too close to the shelf].
        {hero} was [visiting|helping] {+pal.intro}, who had {+look.a} {+thing} on the shelf. "[You may look, but do not touch|Please be careful with that], {pal.tic}," {pal.said} {pal}[| {*how}]. But [as soon as {pal.he} had gone out|when {pal.he} turned around], {hero} [touched it all the same|reached up to hold it].

        = mistake2
        [Crash|Crack|Bang]! The {thing} [fell to the floor|slipped and fell] and [broke into {*number} pieces|broke in two]. {hero} felt {*bad}. {hero.He} [swept the pieces under the rug|hid the pieces in the {*room}] and {*went} [home|out] [without a word|as if nothing had happened].
        [One push|One step back], and [down it went|over it went]. Now the {thing} had a [long|deep|nasty] crack. {hero.His} heart beat {*beat}. {hero.He} [turned the crack to the wall|pushed it behind the {*tool}] and said nothing.

        = mistake3
        [But at supper|That night] {hero.he} could not [eat the {*food}|touch {hero.his} {*food}|sleep a wink]. [In the morning|At sunrise] {hero.he} {*went} back, past {*spot}, and knocked.
        [All day|The whole day] {hero.he} was {*gloomy} and [quarreled with {hero.his} {*kin}|did not want to play {*game}]. "[What is wrong with you|Is something the matter]?" asked {hero.his} {*kin}. [In the end|When the moon rose] {hero.he} {*went} back to {pal}'s door.

        = mistake4
        "[I broke your {thing}|It was me. I broke the {thing}], and I am [very |so |terribly ]sorry," said {hero}. {pal} was silent [for a while|for a long moment]. "[Thank you for telling me|That was hard to say], {pal.tic}," {pal.said} {pal} then. "[Fetch the glue|Bring me the {*tool}], and we shall [mend it together|see what can be done]." By {*day} the {thing} looked [almost new|better than before]. <meal>
        "[I knew|I knew it already], {pal.tic}," {pal.said} {pal}[| {*how}]. "I was only waiting to see if you would come." {hero} [cried a little|blushed] and [promised|offered] to [carry the water|sweep the yard|chop the wood] for {*number} weeks. Then they [glued|patched|fixed] the {thing} with {*material} and [a drop of wax|a little paint], and now it had a [thin|fine] {*color} line. "[Now it has a story|I like it even better now]," {pal.said} {pal}[| {*how}]. <meal>

        = gift
        <gift1> <gift2>^[<gift3b> <act>^<gift4a>|<gift3a> <act>^<gift4b>]

        = gift1
        {hero}'s best friend was {+pal.intro}, and on {*day} it would be {pal.his} birthday. {hero} wanted to give {pal.him} [something {*nice}|{*nice.a} present], but in {hero.his} money box there was only {*junk}.
        [The birthday of a friend was near|A birthday was coming]. The friend was {+pal.intro}, who [owned very little|never asked for anything], and {hero} had [no money at all|only two pennies] and {*junk}.

        = gift2
        {hero.He} {*went} to {*spot} and looked [through the window|at the shelves] of the shop. There were {*music.a}, {*color.a} [|{*cloth} ]{*clothes} and {*look.a} {+thing}. "[That is it|Exactly right]!" {hero.he} {*cried}, but the {thing} cost [more than {hero.he} had|{*number} silver coins]. <sight>
        <sight> In the shop {hero.he} saw {*look.a} {+thing}. "[How much is it|What does it cost]?" {hero.he} asked {*softly}. "[{*number.It} silver coins|More than you have, child]," said the [shopkeeper|old man|woman behind the counter], who was {*doing}.

        = gift3a
        So {hero} [looked for work|began to trade]. For the {*job} {hero.he} [carried|sorted|cleaned] {*material} and got {+snack:food}. The {snack} {hero.he} gave to {*folk} {*surname}[| the {*job}] and got {*look.a} [|{*color} ]{*tool}. [At last|In the end] {hero.he} had [almost enough|just enough]. But [on the way back|at the shop door] [an old beggar|a hungry child|a poor widow] was sitting [in the cold|in the rain].

        = gift3b
        [There was only one way|So there was only one thing to do]: {hero.he} would make one with {hero.his} own hands. {hero.He} collected {*material} [from|behind] {*spot}, borrowed {*look.a} [|{*color} ]{*tool} from the {*job}, and worked [until {hero.his} fingers hurt|night after night]. The first one [fell apart|looked like {*coat.a} {*animal}].

        = gift4a
        [When the birthday came|On the birthday], {hero} had only a small parcel, wrapped in {*color} paper. {pal} opened it {*softly}. [Inside was|In it was] {*color.a} {thing} made of {*material}. It was [a little crooked|not perfect], but "{pal.oh}," {pal.said} {pal}[| {*how}], "[nobody ever made something for me before|this is the finest {thing} in {home}], {pal.tic}." <meal>

        = gift4b
        "[I have no present|My hands are empty]," said {hero} [sadly|in a small voice] on the birthday, "[because I gave it away|only a story about how I lost it]." {pal} [listened to the whole story|asked, and listened]. "[Then you have given me the best thing of all|That is a better gift than any {thing}], {pal.tic}," {pal.he} said. <meal>

        = mystery
        <mystery1> <mystery2>^<meet> <mystery3> <act>^<mystery4>

        = mystery1
        [Strange things were happening|Something odd was going on] in {home}. On {*day} the {*job} missed {*color.a} [|{*cloth} ]{*clothes}. The next day {*look.a} {+thing} [vanished from|disappeared from] {*spot}. [Nobody|No one] had seen anything, only heard {*sound}.
        [First|To begin with] it was the {*food} of the {*job}. Then {*color.a} [|{*cloth} ]{*clothes} was missing from the line, and after that {*look.a} {+thing}. "[A thief|A ghost|A goblin]!" people whispered at {*spot}.

        = mystery2
        {hero} decided to find out. {hero.He} [wrote everything down|took a notebook] and looked for clues: there was {*junk}, a few crumbs of {*food}, and the smell of {*smell}. <sight>
        "[I shall solve it|I will find out]," said {hero}. {hero.He} sprinkled [flour|sand|ash] around {*spot} and [hid behind|waited behind] the [|{*old} ]{*tree}. <sight>

        = mystery3
        "[I lost my {*tool} as well|They took my {*tool} too], {pal.tic}," {pal.said} {pal}[| {*how}]. "[Let us keep watch tonight|Two pairs of eyes see more than one]." So they [hid|waited] together [near|behind] {*spot}. [At midnight|When the moon was high] they heard {*sound}.
        "[Do you think I did it|It was not me], {pal.tic}?" {pal.said} {pal}[| {*how}]. "[No|Of course not]," said {hero}, "[but you see a lot|but you can help me]." [Together|Side by side] they followed a trail of {*flower} into {*land}. It was dark there, and they heard {*sound}.

        = mystery4
        And who was the thief? [It was|It was nobody but] {*coat.a} {*animal} who had built [a home|a nest] out of everything: the clothes, the {thing}, even {*junk}. "[It is only cold|It just wants to be warm]," said {hero}. So [the people of {home}|the neighbors] brought {*material} and [straw|hay], and the {*animal} [gave everything back|needed to steal no more].
        Behind [a loose board|a curtain] sat [a boy|a girl|an old man], with the {thing} and all the rest, [building a machine|making a puppet theater|making a costume]. "[It was meant to be a surprise for the fair|I wanted to bring everything back], honestly," came the answer. {hero} [had to laugh|could not be angry]. "[Next time ask|You should have asked]," {hero.he} said. "[We would have helped|Everybody would help you]."
        """;
}
