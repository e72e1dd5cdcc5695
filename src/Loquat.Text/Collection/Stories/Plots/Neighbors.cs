namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>Plots between neighbors: a newcomer, a storm, a hurt animal, a promise.</summary>
internal static class Neighbors
{
    public const string Text = """
        = newcomer
        <newcomer1> <sight>^<meet> <newcomer2>^<newcomer3> <act>^<newcomer4>

        = newcomer1
        <weather> when somebody [new|strange] moved into the empty house [near|behind] {*spot}. [Nobody|No one] [spoke to the newcomer|said hello]. People saw {*look.a} [|{*color} ]{*tool} [by the door|in the yard], heard {*sound}, and [crossed the street|shook their heads].
        "Stay away," said {hero}'s {*kin} about the house [near|behind] {*spot}. "[Somebody odd lives there|They say a monster lives there]." [But|Yet] on {*day} {hero}'s ball [flew over the wall|rolled under the gate].

        = newcomer2
        "[Have you come to laugh at me|Are you not afraid], {pal.tic}?" {pal.said} {pal}[| {*how}]. "[No|Not at all]," said {hero}. "[I brought you {*food}|I came to say hello|I only wanted to ask your name]." {pal} [stared|blinked]. [Nobody had said that before|It was the first kind word in {*number} weeks].
        {pal} [hid|stepped] behind the [|{*old} ]{*tree}. "[Please go away|I do not know how to make friends], {pal.tic}," {pal.said} {pal}[| {*how}]. {hero} [sat down in the grass|put {*food} on the wall] and began to [play {*game}|hum a song|draw in the sand], [all alone|humming]. After a while, [somebody sat down beside {hero.him}|a voice asked to join in].

        = newcomer3
        [But then|On {*day}] some children threw [mud|chestnuts] and shouted, "[Look at that {*clothes}|Go back where you came from]!" {pal} [grew pale|turned away].
        [But at|At] the fair in {*month} nobody [wanted to sit|would dance] with {pal}. "[They will never like me|It is no use], {pal.tic}," {pal.said} {pal}[| {*how}].

        = newcomer4
        "[This is my friend|We are friends]," said {hero}, [loudly|in front of all of them]. "[And {pal} plays {*game} better than any of you|And {pal} can play the {*music}]." [It was quiet|Nobody spoke] for a moment. Then {*folk} {*surname}[| the {*job}] [laughed|clapped], and [another came closer|one after another they shook hands]. <meal>
        The [next day|next week] {hero} [invited|asked] everybody to {pal}'s [garden|house]. There were {*flower} on the table and {*color} paper lanterns in the [|{*old} ]{*tree}, and {pal} [told stories|played the {*music}]. "Why did we never come before?" the {*job} asked. <meal>

        = storm
        <storm1> <sight>^<meet> [<storm2a>^<storm3> <act>^<storm4a>|<storm2b>^<storm3> <act>^<storm4b>]

        = storm1
        [The swallows flew low|The ants were hurrying home|The cows would not leave the barn], and [over {+land}|above {+land}] the clouds were {*color} and {*dim}. "[A storm is coming|There will be a storm]," said {hero}'s {*kin}. "[Bring in the {*clothes} from the line|Close the shutters]!"
        All through {*month} it had been {*sky}. Then, [one|on a] {*day}, the wind [turned|changed], and [over {+land}|above {+land}] there was thunder. {hero} was [far from home|still outside], with {*look.a} [|{*color} ]{*tool} on {hero.his} shoulder.

        = storm2a
        "[My roof will not hold|The wind has taken my roof], {pal.tic}!" {pal.said} {pal}[| {*how}]. "[And in the {*room} are|Inside are] all my {*food} and my {*music}!" {hero} [looked at the sky|heard {*sound}]. [There was still time|There were only minutes].

        = storm2b
        "[My little {*animal} is still out there|I cannot find my {*animal}], {pal.tic}," {pal.said} {pal}[| {*how}]. "[It is afraid of thunder|It has never been out alone]." The first drops fell on {*spot}.

        = storm3
        The wind [howled|roared], and {*sound} came through the dark. [A branch of the [|{*old} ]{*tree} broke|The {*tree} bent to the ground]. [Hail|Rain] beat on {*spot} [like a drum|like gravel|like a thousand hammers|without mercy].
        [Lightning struck|Lightning lit up] {*spot}. For a moment everything was {*color}. [Water ran down the street|Tiles flew through the air].

        = storm4a
        With {*material} and {*look.a} [|{*color} ]{*tool} they [tied down|nailed down] [whatever|everything that] the wind could [take|lift]. [At {*hour}|By bedtime], it was over. [The sun came out|A rainbow stood] above {land}, and nothing was lost but {*color.a} [|{*cloth} ]{*clothes}. <meal>

        = storm4b
        Under [an upturned boat|a fallen {*tree}|the bridge], wet and [shaking|trembling], sat the [lost one|small creature]. {hero} [wrapped it in|hid it under] {hero.his} {*wrap} and sang to it until the thunder [rolled away|moved on] over {land}. <meal>

        = hurt
        <hurt1> <hurt2>^<meet> <hurt3> <act>^<hurt4>

        = hurt1
        <weather>. [Beside|Near] {*spot} {hero} heard {*sound}. In the grass, among the {*flower}, lay a [young|small|little] {+animal} with a [hurt|broken|bleeding] leg.
        {hero} was [on the way home|coming home] from {*spot} when {hero.he} [saw|noticed] a [young|small|little] {+animal} [caught in|tangled in] {*material}.

        = hurt2
        It [looked up|shivered] and tried to [crawl away|stand], but it could not. "[Do not be afraid|Hush, little one]," {hero} said {*softly}. {hero.He} wrapped the {animal} in {hero.his} {*wrap} and {*went} [home|to the doctor].
        Its heart beat {*beat}. {hero.He} offered it {*food} and a little {*drink}, but the {animal} [would not eat|only closed its eyes]. "[I must find help|I will not leave you]," {hero.he} {*said}.

        = hurt3
        {pal} [bent down|put on {pal.his} glasses] and [felt the leg|looked at the {animal}]. "[It can be healed|It will live], {pal.tic}," {pal.said} {pal}[| {*how}], "but [somebody must watch it|it must be fed] every [hour|two hours], day and night. [Who will do that|Can you do that]?"
        "[Give it here|Put it down here], {pal.tic}," {pal.said} {pal}[| {*how}], and [mixed|stirred] {*flower} and {*fruit} into a [green|brown|sticky] paste. "[Hold it still|Do not let go]. [This will sting|It may bite]."

        = hurt4
        [For {*number} nights|All through {*month}] {hero} slept [on the floor|on straw] beside the {animal}. [Then, one {*hour}|One {*day}], it [stood up|licked {hero.his} hand|took its first steps]. "[It is time|Now you must let it go]," {pal.said} {pal}[| {*how}]. {hero} opened the [gate|door], and the {animal} [looked back once|turned around once more] and was gone into {*land}. But [every {*season}|each year] it came back, and [brought its young|sat by the gate].
        And [slowly|little by little] the {animal} grew [strong|well]. It learned to [trust {hero.him}|eat {*food} out of {hero.his} hand], and when it could [run|jump] again, it would not leave. "[I think it has chosen you|It belongs to you now], {pal.tic}," {pal.said} {pal}[| {*how}]. {hero} [built it a house of|made it a bed of] {*material}, and after that it followed {hero.him} wherever {hero.he} {*went}.

        = promise
        <promise1> <promise2>^<promise3> <act>^<promise4>

        = promise1
        [Next to|Just behind] {*spot} lived {+pal.intro}, who had to go away for {*number} days. "[Will you water|Can you look after] my {+flower} every evening, {pal.tic}?" {pal.said} {pal}[| {*how}]. "[They are all I have|They die without water]." "[I promise|You have my word]," said {hero}.
        {hero} had a neighbor, {+pal.intro}, who grew the best {+flower} in {home}. "[I must visit my sister|I have to go on a journey], {pal.tic}," {pal.said} {pal}[| {*how}]. "[Will you water them|Can you look after them]?" {hero} [promised|gave {hero.his} word].

        = promise2
        For {*number} days [all went well|{hero} never forgot]. Every evening {hero.he} [carried|brought] the can from {*spot}, past {*folk} {*surname}[| the {*job}] who was {*doing}. <weather> when the fair came to {home}, with {*music.a}, {*food} and a [carousel|circus tent].
        The first evening was {*sky}, and so was the second. {hero} [watered|tended] the {flower} and [sang to them|counted the buds]. But then {hero.his} {*kin} came and asked, "[Are you coming|Would you like to come] to the fair? There will be {*music.a} and {*food}!"

        = promise3
        [How {hero} wanted to go|It was hard to stay behind]! From far away {hero.he} [heard|could hear] the {*music} and smelled {*smell}. But the leaves of the {flower} [were drooping|hung down] over the {*look} {*color} pots. "[A promise is a promise|They are waiting for me]," {hero.he} {*said}.
        {hero} went to the fair, [just for a moment|only to have a look]. {hero.He} ate {*food} and saw {*coat.a} {*animal} that could play the {*music}. [Suddenly|At {*hour}] {hero.he} remembered. {hero.He} {*went} back [through the dark|past {*spot}], and the {flower} lay [limp|flat] on the ground.

        = promise4
        [All night long|Until midnight] {hero} [carried water|filled the can], {*number} times from the well and back, and [in the morning|at sunrise] the {flower} [lifted their heads|stood up straight]. When {pal} came home, {pal.he} [smelled|looked at] each one. "[You kept your word|They have grown], {pal.tic}," {pal.said} {pal}[| {*how}]. <meal>
        [On {*day}|A week later] {pal} came [home|back]. The {flower} were [small|tired], but [alive|green], and one new bud was {*color}. "[Tell me honestly, was it hard|Was it difficult], {pal.tic}?" {pal.said} {pal}[| {*how}]. "[Very|Harder than I thought]," said {hero}. "[But they needed me|But I had promised]." <meal>
        """;
}
