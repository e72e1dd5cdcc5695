namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>How every story begins and ends: the hero's trait and wish first, the wish come true last.</summary>
internal static class Frame
{
    public const string Text = """
        = story
        <opening> <wishing>^<plot>^<thanks> <fulfilled> <guests> <close>

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
        "[That was well done|You did well|Well done indeed], {hero}," {pal.said} {pal}[| {*how}]. "[It took|That took|I saw] {trait.virtue}. [What do you wish for|What would you like best]?" "[To|I want to] {wish.do}," {hero.he} {*said} {*softly}.
        "[You have earned a wish|One good turn deserves another|I owe you something], {pal.tic}," {pal.said} {pal}[| {*how}]. "[Then please teach me to {wish.do},|Could you show me how to {wish.do}?|I wish I could {wish.do},]" {hero} {*said} {*softly}.
        {hero} told {pal} about {hero.his} [old|great|dearest|secret|only] wish. "[To {wish.do}? Nothing easier|So you want to {wish.do}? Why not]," {pal.said} {pal}[| {*how}]. "[Come back on|We begin on] the {*nth} of {*month}."
        "[How can I thank you|What do I owe you]?" {pal.said} {pal}[| {*how}]. "[You could teach me to|Show me how to] {wish.do}," {hero.he} {*said} {*softly}.

        = fulfilled
        On the {*nth} of {*month}, {*sky.a} {*day}, {hero} {wish.scene}.
        After {*number} lessons [beside|behind|near] {*spot} and {*number} days of {*sky} weather, {hero} {wish.scene}.
        {*number.It} weeks later, in front of {hero.his} {*kin} and {*coat.a} {*animal}, {hero} {wish.scene}.
        [One|On a] {*sky} {*hour} in {*month}, [near|beside|behind] {*spot}, {hero} {wish.scene}.

        = close
        {hero.He} felt {*glad}, and {hero.he} knew now that {trait.moral}.
        "You see," {pal.said} {pal}[| {*how}], "{trait.moral}, {pal.tic}."
        {hero} and {pal} [stayed friends|were friends] [all their lives|from that day on], and every {*month} they ate {*cake} together.
        That night {hero.he} fell asleep, {*glad}, and dreamed of {*look.a} [|{*color} ]{*thing}, {*coat.a} {*animal} and {*sound}.
        And if {hero.he} has not stopped, {hero.he} is doing it still, {*glad}, in {*color.a} [|{*cloth} ]{*clothes}.
        """;
}
