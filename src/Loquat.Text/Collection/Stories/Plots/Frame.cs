namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>How every story begins and ends: the hero's trait and wish first, the wish come true last.</summary>
internal static class Frame
{
    public const string Text = """
        = story
        <opening> <wishing>^<plot>^<thanks> <ending>

        = opening
        [Once upon a time|Long ago|Many years ago|Not so long ago|In the old days], in {+home}, a [village|town|little place] {home.lies}, [there lived|lived] {+hero}, {+trait.a} {hero.child} who {trait.habit}.
        {+hero} lived in {+home}, a [village|town|little place] {home.lies}, and was {+trait.a} {hero.child} who {trait.habit}.
        Everyone in {+home}, a [village|town|little place] {home.lies}, knew {+hero}. {hero.He} was {+trait.a} {hero.child} who {trait.habit}.

        = wishing
        {hero.He} had one [great|secret|dear] wish, and that was to learn how to {+wish}.
        More than anything [else |in the world |]{hero.he} wanted to {+wish}, but nobody had ever [shown|taught] {hero.him} how.
        "If only I could {+wish}!" {hero.he} [often|sometimes|always] said to {hero.his} {*kin}. "You are [too small|too young|much too busy]," was the [usual |only |]answer.
        [Every night|At bedtime|Each evening], {hero.he} [looked out of the window|lay awake|watched the moon] and dreamed of the day when {hero.he} would {+wish}.
        {hero.His} {*kin} could {+wish}, and {hero} [longed|hoped|wished] to do it too.

        = plot
        <lost>
        <errand>
        <newcomer>
        <storm>
        <contest>
        <secret>
        <mistake>
        <hurt>
        <bridge>
        <promise>
        <gift>
        <mystery>
        <fog>
        <well>
        <stage>
        <star>

        = thanks
        "[That was well done|You did well|I shall not forget this], {hero}," {pal.said} {pal}. "[It took|That took|One needs|I saw] {trait.virtue}, {pal.tic}. [What can I do for you?|Is there something you wish for?|Now, what would you like best?]" {hero} [blushed|swallowed|took a breath|did not need to think]. "[I would like to|I have always wanted to|More than anything I want to] {wish.do}," {hero.he} said.
        {pal} [shook {hero.his} hand|looked at {hero} for a long time|made a [deep|small|funny] bow]. "[You have earned a wish|One good turn deserves another|I owe you something], {pal.tic}," {pal.he} said. "[Then please teach me to|Could you show me how to|I wish I could] {wish.do}," {hero} {*cried}.
        {hero} [told|had told] {pal} about {hero.his} [old|great|dearest] wish. "[To {wish.do}? Nothing easier|So you want to {wish.do}? Why not]," {pal.said} {pal}. "[Come to me every {*day}|Come back {*when}|We shall begin on {*day}], {pal.tic}."
        "{pal.oh}! [How can I thank you|What do I owe you]?" {pal.said} {pal}. {hero} [thought of {hero.his} wish|remembered {hero.his} wish|had one answer ready]. "[You could teach me to|Show me how to] {wish.do}," {hero.he} [said|begged|answered] {*softly}.

        = ending
        <lesson> <fulfilled> <close>

        = lesson
        So all through {*season} they [practiced|worked at it], {*number} times a week, [in|beside|behind] {*spot}.
        It was not easy. The first time {hero.he} [laughed at {hero.him}self|nearly cried|wanted to give up|made {*bad.a} mess], the second time it went a little better.
        [They began|The lessons began] {*when}, and [they ended|each one ended] with {*food} and {*drink}.
        {pal} was {*nice.a} teacher and never [laughed at mistakes|raised {pal.his} voice|lost {pal.his} temper].
        {hero} [tried|practiced] every day in {*month}, until {hero.his} [fingers|arms|knees|ears] were {*simile}.

        = fulfilled
        [And then|At last], [one|on a] {*sky} {*hour}, {hero} {wish.scene}.
        [By|Before] the end of {*month}, {hero} {wish.scene}, [and everyone cheered|just like that|and {pal} clapped the loudest|and {hero.his} {*kin} could hardly believe it].
        The day came when {hero} {wish.scene}. "[Look|See], I can do it!" {hero.he} {*cried}.
        On {hero.his} birthday, [in front of the whole family|with {hero.his} {*kin} watching|with {pal} at {hero.his} side], {hero} {wish.scene}.

        = close
        {hero.He} had never felt so {*feeling}, and {hero.he} knew now that {trait.moral}.
        From then on, whenever [someone|anybody|a child] in {home} [wanted|wished] to {wish.do}, {hero} [showed them how|was glad to teach them|remembered {pal} and helped].
        "You see," {pal.said} {pal}, "{trait.moral}, {pal.tic}."
        And {hero} and {pal} [stayed friends|were friends] [all their lives|for as long as anyone can remember|from that day on].
        That night {hero.he} [went to bed|fell asleep] {*feeling} and {*simile}. [Outside|Far away] there was {*sound}, and then [all was quiet|it was still].
        [To this day|Even now], people in {home} [like to tell|tell] this story, [and they always end it with the words|and at the end they say]: {trait.moral}.
        """;
}
