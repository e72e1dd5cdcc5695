namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>Plots in which something must be done: a contest, a bridge, a song on a stage.</summary>
internal static class Trials
{
    public const string Text = """
        = contest
        <contest1>^<meet> <contest2>^<contest3> <act>^<contest4>

        = contest1
        Every {*season} there was a great {+race} in {home}, and the prize was {*color.a} {+thing}. [This year|For the first time] {hero} [wanted to take part|was old enough].
        {*when.It} the mayor nailed a notice to {*spot}: "Great {+race} on {*day}! First prize: {*look.a} {+thing}!" {hero} wanted to win [at any price|very much].

        @ race
        boat race; kite contest; cake contest; sack race; sled race; pumpkin contest; raft race; running race; costume contest; riddle contest; egg race; snowman contest

        = contest2
        "[You want to beat me|You are in the {race} too], {pal.tic}?" {pal.said} {pal}[| {*how}]. [All week|For {*number} days] they both [practiced|prepared], with {*material}, {*look.a} [|{*color} ]{*tool} and much secrecy.
        {pal} had [entered|signed up] too. "[I have never won anything|All my life I came in last], {pal.tic}," {pal.said} {pal}[| {*how}]. "[But I like to try|But this time I have a plan]." They [wished each other luck|shook hands] and [got to work|began], each with {*look.a} [|{*color} ]{*tool} and plenty of {*material}.

        = contest3
        [The great day came|Then came {*day}]. {*folk} {*surname}[| the {*job}] [blew the whistle|beat a drum], and the {race} began. {hero} was [in front|doing well]. But [halfway through|near the end], [something went wrong for {pal}|{pal} was in trouble]: {*look.a} [|{*color} ]{*tool} had [snapped in two|come apart].
        On the day of the {race} it was {*sky}, and there was a smell of {*smell}. Everyone [shouted|waved], and somebody played the {*music}. {hero} [led|was ahead] by a little, when [behind {hero.him}|all of a sudden] there was {*sound} and {pal} [fell down|cried for help].

        = contest4
        [So the prize|The prize] went to {*folk} {*surname}[| the {*job}], and {hero} and {pal} came in last, [arm in arm|side by side], and [laughing|covered in mud]. "[You could have won|You stopped for me]," {pal.said} {pal}[| {*how}]. "[Winning alone is no fun|There is always next year]," {hero} {*said}. <meal>
        {hero} [won|came in first] all the same, by [a nose|the width of a hand], but {hero.he} [was not quite happy|did not keep the prize]. "[It belongs to both of us|Half of it is yours]," {hero.he} said, and they put the {thing} [in the window of {*spot}|on a shelf in the school], where [everybody could see it|it can be seen to this day]. <meal>

        = bridge
        <bridge1> <meet> <bridge2>^<bridge3> <act>^<bridge4>

        = bridge1
        {hero} wanted to build {+work.a}. [{hero.He} had thought about it|{hero.He} had drawn it {*number} times] since {*month}. [Behind|Beside] {*spot} {hero.he} found {*material} and borrowed {*look.a} [|{*color} ]{*tool}.
        What {home} needed was {+work.a}. [Everybody said so|People had said so for years], and nobody [did anything|lifted a finger]. "[Then I shall do it|I will build one]," said {hero}, and collected {*material}. <sight>

        @ work
        tree house; bridge; rowboat; windmill; playhouse; footbridge; raft; birdhouse; lookout tower; wagon; sled; merry-go-round

        = bridge2
        {pal} [walked around it once|tilted {pal.his} head]. "[It will never hold|It is crooked], {pal.tic}," {pal.said} {pal}[| {*how}]. [And that {*hour}|And sure enough], [with {*sound}|with a crash], the whole {work} [fell down|came apart]. {hero} sat among the {*material} and felt {*gloomy}.
        "[What is that going to be|That will be fun to watch], {pal.tic}," {pal.said} {pal}[| {*how}]. {hero} [sawed|hammered] and [glued|measured] until {*hour}. But [the first gust|the first rain] [blew it over|washed it away], and {hero} was left with {*junk} and {*look.a} [|{*color} ]{*tool}.

        = bridge3
        "[I could have told you|You began at the wrong end], {pal.tic}," {pal.said} {pal}[| {*how}], more kindly. "[A {work} must stand on something|First comes the bottom, then the top]. [What you need is|You must use] {*material}, and [a friend to hold the other end|four hands instead of two]."
        "[I built one too, when I was young, and it fell down|My first one also fell down], {pal.tic}," {pal.said} {pal}[| {*how}]. "[And the second|And my second]. [But look at the third|The third still stands in {*land}]. [Shall we try together|May I help you]?"

        = bridge4
        [They worked|And so they worked] for {*number} days. {*folk} {*surname}[| the {*job}] [passing by|who saw them] brought {*material}, and {*folk} {*surname}[| the {*job}] lent them {*look.a} [|{*color} ]{*tool}. When the {work} was [finished|ready], they painted it {*color} and [hung flags on it|danced around it]. [It held|It stood firm]. <meal>
        On {*day} the last nail was in. The {work} was {*color}, a little crooked, and {*nice}. It [creaked|groaned], and it [held|stood]. <meal>

        = stage
        <stage1> <stage2>^<meet> <stage3>^<stage4> <act>^<stage5>

        = stage1
        In {*month} there was to be a [concert|festival] in {home}, and {hero} was to play the {+music} [all alone|in front of everyone]. {hero.He} [felt sick|turned {*color}] at the thought.
        "[You will play the {+music}|You are to play the {+music}] at the [concert|festival] on {*day}," said the schoolteacher. {hero} [loved|liked] to play, but only for {*coat.a} {*animal} and the {*flower} in the yard.

        = stage2
        <weather>. {hero} {*went} to {*spot} to [be alone|practice]. [But {hero.his} hands|{hero.His} hands] shook {*beat}, and all that came out was {*sound}.
        "[I will say that I am ill|Perhaps the {music} will break]," {hero} thought, and felt {*gloomy}.

        = stage3
        "[I heard you play|Was that you], {pal.tic}," {pal.said} {pal}[| {*how}]. "[It made me think of {*smell} and summer|It was {*nice}]. [Why did you stop|Why do you tremble]?" "[I am afraid|What if they laugh]," {hero} {*said}.
        "[That was you|So that is the {music}], {pal.tic}," {pal.said} {pal}[| {*how}]. "[Shall I tell you a secret|Listen]. Before every show I [am sick|hide in the {*room}]. [Then I look for one friendly face|Then I think of {*food}], and I play for [that one alone|nobody else]."

        = stage4
        The hall was full: {*folk} {*surname}[| the {*job}] with {*color.a} [|{*cloth} ]{*clothes}, and in the first row {hero}'s {*kin}. {hero} stepped [out|forward], and [forgot|could not remember] the first note.
        [Before {hero}|First] came {*folk} {*surname}[| the {*job}] with {*coat.a} {*animal} that [danced|could count], then {*kida}, {*kidb} and {*kidc} with a song about {*fruit}. Then [the mayor called|they called] {hero}'s name. {hero.His} [mouth was dry|feet would not move].

        = stage5
        [Then {hero.he} saw|There sat] {pal} in the [last|back] row, [smiling|eating {*food}|waving {*color.a} [|{*cloth} ]{*clothes}], and {hero} played [for {pal.him} alone|as if {pal.he} were the only one there]. When it was over there was [not a sound|a long silence], and then [clapping like rain|a storm of clapping]. <meal>
        The first note was [wrong|too high], and the second too. {hero} looked for {pal}, saw {pal.him} nod, and began again. [After that|Then] the tune [ran|flowed] like a brook. <meal>
        """;
}
