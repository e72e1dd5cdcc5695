namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>What the plots share: the sights of the road, meetings, meals, and how a trait shows when it counts.</summary>
internal static class Details
{
    public const string Text = """
        = sight
        On the way {hero.he} [passed|met|saw] {*job.a} {*doing} and {*animal.a} {*perch}.
        {*animal.A} was {*perch}, and {*job.a} was {*doing}.
        The air smelled of {*smell} and {*flower}, and from somewhere came {*sound}.
        Past {*spot} {hero.he} {*went}, where {*flower} [grew|bloomed] under the {*tree} and {*bird.a} sang.
        {*insect.A} [settled|landed] on {hero.his} {*clothes}, and {*bird.a} [called|sang|answered] from the {*tree}.
        "[Where are you going|What is the hurry|Why so {*feeling}], {hero}?" asked {*job.a} who was {*doing}. "[I will tell you later|No time to explain|You will see]!" {hero.he} {*cried}.

        = weather
        It was {*sky.a} {*hour} in {*month}
        It happened on {*sky.a} {*day} in {*month}
        It all began [on a|one] {*sky} {*hour} in {*season}
        [The sky was|The day was|The weather was] {*sky}, and it smelled of {*smell}

        = meal
        They [shared|ate] {*food} and drank {*drink}, and [it tasted|everything was] {*nice}.
        [Out of the basket came|There was|On the table stood] {*food}, with {*drink} [and a bowl of walnuts|to wash it down|and two spoons].
        {pal} [brought|fetched|offered] {*food} on {*look.a} plate and {*color.a} cup of {*drink}.

        = meet
        [There|Just there|And there], [beside|behind|in front of] {*spot}, [stood|sat|waited] {+pal.intro}. {pal.He} wore {*color.a} {*clothes} and looked {*feeling}.
        [That was how {hero} met|And so {hero} met|Then along came|Around the corner came] {+pal.intro}, [carrying {*look.a} {*tool}|with {*color.a} {*clothes} and {*look.a} {*tool}|who looked {*feeling}].
        "[Good day|Hello there|Who goes there|Watch your step]," [said|called] somebody [behind {hero.him}|close by|in a {*feeling} voice]. It was {+pal.intro}, {*simile}, [with {*color.a} {*clothes}|in {*color.a} {*clothes}].
        [At|Near|Close to] {*spot} lived {+pal.intro}, who [owned {*look.a} {*music}|played the {*music}|loved {*food}|was fond of {*game}] and was [known|famous] for {pal.his} {*color} {*clothes}.

        = ask
        "[What is the matter|What brings you here|Why do you look so {*feeling}], {pal.tic}?" {pal.said} {pal}. {hero} [told {pal.him} everything|explained {*softly}|told the whole story], [from beginning to end|without leaving anything out|between two bites of {*food}].
        "{pal.oh}! [You look {*feeling}|What a face|What is all this]," {pal.said} {pal}. "[Sit down|Come in|Come closer] and tell me." And {hero} [did|told {pal.him}] [at once|{*softly}].
        {hero} [bowed {*softly}|said good day {*softly}|held out a hand], and [soon|before long] {pal} [knew|had heard] the whole story.

        = act
        {trait.act}
        {trait.act} [It was not easy|It took a long while|Nobody said a word|It was over in a moment].
        {trait.act} "{pal.oh}!" {pal.said} {pal}. "[That is the way|Bravo|Now I have seen everything], {pal.tic}."
        """;
}
