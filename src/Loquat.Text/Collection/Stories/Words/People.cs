namespace Loquat.Text.Collection.Stories.Words;

/// <summary>Who the stories are about: children, their traits and wishes, and those they meet.</summary>
internal static class People
{
    public const string Text = """
        @ hero: name/he/him/his/child
        Anna/she/her/her/girl; Tom/he/him/his/boy; Mira/she/her/her/girl; Jonas/he/him/his/boy; Lucy/she/her/her/girl; Peter/he/him/his/boy
        Clara/she/her/her/girl; Oliver/he/him/his/boy; Nora/she/her/her/girl; Felix/he/him/his/boy; Ivy/she/her/her/girl; Hugo/he/him/his/boy
        Rosa/she/her/her/girl; Simon/he/him/his/boy; Ella/she/her/her/girl; Daniel/he/him/his/boy; Maya/she/her/her/girl; Arthur/he/him/his/boy
        Greta/she/her/her/girl; Leo/he/him/his/boy; Sophie/she/her/her/girl; Martin/he/him/his/boy; Emma/she/her/her/girl; Victor/he/him/his/boy
        Lena/she/her/her/girl; Ben/he/him/his/boy; Alice/she/her/her/girl; Theo/he/him/his/boy; Hannah/she/her/her/girl; Max/he/him/his/boy
        Zoe/she/her/her/girl; Samuel/he/him/his/boy

        @ home: name/lies
        Applebrook/[beside|above] a slow brown river; Stonebridge/[where|just where] two roads crossed; Larkhill/[on|halfway up] a windy hill; Seagate/at the edge of the [gray|wide] sea
        Mossley/deep in the [green|old] forest; Fernwick/[between|among] the [low|round] hills; Copperfield/[beside|behind] an old mine; Millbrook/[below|near] a creaking mill
        Willowdale/[beside|around] a still lake; Northwater/by a [cold|clear] stream; Thornbury/behind [high|thorny] hedges; Honeywell/among the [wide|sunny] orchards
        Eastharbor/[around|behind] a small harbor; Snowfield/high in the [white|silent] mountains; Reedham/in the middle of the marsh; Goosegreen/around a [muddy|grassy] common

        @ trait: adj/habit/act/virtue/moral
        brave/[climbed the tallest trees|walked home alone after dark|laughed at thunder|was never the last to jump in]/[{hero.His} knees shook, but {hero.he} took a deep breath and went first.|It was frightening, and {hero.he} did it anyway.|{hero} was afraid for one moment, and then {hero.he} stepped forward.]/courage/[being brave means going on while your knees shake|fear grows smaller when you walk toward it|courage is a small voice that says yes]
        kind/[carried spiders outside in a cup|gave away half of every apple|noticed when others were sad|fed the sparrows before breakfast]/[{hero} could not bear to see anyone in trouble, so {hero.he} stayed and helped.|{hero.His} heart ached a little, and {hero.he} held out both hands.|{hero} smiled gently, and that smile did more than many words.]/kindness/[a kind deed always finds its way home|kindness costs little and buys much|no good turn is ever wasted]
        curious/[asked a hundred questions a day|looked under every stone|took clocks apart to see them tick|peeked into every open door]/[{hero} wanted to know why, so {hero.he} knelt down and looked closer.|Most people would have walked past, but {hero} had to find out.|{hero.His} eyes grew wide, and {hero.he} began asking questions.]/curiosity/[a good question opens more doors than a key|those who look closely find the most|wondering is where every discovery begins]
        patient/[could watch a snail cross the whole yard|never hurried a knot|waited for bread to rise without peeking|sat still until the birds came near]/[{hero} did not hurry. {hero.He} tried once, and again, and then once more.|Others would have given up, but {hero} sat down quietly and waited.|Little by little, and without one cross word, {hero} kept at it.]/patience/[slow hands make sure work|good things ripen in their own time|waiting well is also a kind of work]
        clever/[solved riddles at the supper table|built machines out of spoons and string|always knew a shorter way|could count faster than the shopkeeper]/[{hero} frowned, thought hard, and had an idea.|Then {hero} drew a plan in the dust with a stick, and it was a good plan.|{hero} looked at the problem from the other side, and suddenly it was easy.]/cleverness/[a good idea is lighter to carry than a heavy stone|thinking first saves walking twice|every knot has an end if you look for it]
        stubborn/[finished whatever was begun|never took no for an answer|argued with the weather|pushed every door marked pull]/[Anyone else would have gone home, but {hero} set {hero.his} jaw and carried on.|{hero} failed twice. {hero.He} rolled up {hero.his} sleeves and started a third time.|"I am not stopping now," {hero} muttered, and {hero.he} did not.]/stubbornness/[whoever keeps on walking arrives|a stubborn heart can be a useful one|the third try is often the best]
        cheerful/[whistled on rainy days|had a joke for every neighbor|sang while washing the dishes|found something funny in every puddle]/[{hero} began to hum, and somehow the work felt half as heavy.|{hero} told such a silly joke that everybody laughed and took heart.|Instead of sighing, {hero} smiled and made a game of it.]/good cheer/[a merry heart makes the road shorter|laughter is a lamp you can carry anywhere|a song makes light work]
        careful/[tied every knot twice|looked both ways and then once more|folded the laundry into perfect squares|never spilled a drop]/[Slowly, with the tips of {hero.his} fingers, {hero} did what had to be done.|{hero} checked everything twice, and it was a good thing that {hero.he} did.|One wrong move would have spoiled it all, but {hero} made none.]/care/[what is done with care lasts long|look twice and you will fall once less|small things deserve gentle hands]
        quiet/[spoke seldom but listened well|could hear a mouse think|liked the corner by the window best|walked as softly as a cat]/[{hero} said nothing. {hero.He} listened, and in the silence {hero.he} understood.|Because {hero} was so quiet, {hero.he} heard what nobody else had heard.|{hero} did not make a speech. {hero.He} simply began.]/quiet strength/[those who listen hear the best stories|a soft voice can carry far|quiet people notice the loudest secrets]
        generous/[shared every cake down to the last crumb|gave away marbles for no reason|never kept the biggest piece|always set one extra plate]/[{hero} did not count the cost, and held nothing back.|"Whatever I have is yours," said {hero}, and {hero.he} meant it.|{hero} gave all that {hero.he} had, and asked for nothing.]/generosity/[an open hand is never empty for long|what you share grows|giving is the best way of having]
        truthful/[never told a fib|owned up to every broken plate|could not keep a straight face|said exactly what was so]/[It would have been easy to make excuses, but {hero} stood by the plain truth.|{hero} said plainly what {hero.he} could do and what {hero.he} could not.|{hero} did not pretend. "This is hard for me," {hero.he} said, and did it all the same.]/honesty/[the truth is easier to carry than a lie|an honest word is worth a bag of gold|trust is built from true words]
        playful/[turned every chore into a game|raced the clouds across the meadow|gave names to all the chickens|slid down every banister]/[{hero} turned the whole trouble into a game, and soon nobody was scared.|"Let us pretend that we are pirates," said {hero}, and that made it easier.|{hero} made a funny face, and the worst was over.]/playfulness/[even hard work can be played|a game can mend a gloomy day|those who play together become friends]

        @ wish: do/scene
        play the fiddle/[played|fiddled] [a jig|a waltz|a lullaby] that set every foot tapping; row a boat/rowed [across|around] the lake without splashing once; bake bread/pulled [a golden|a perfect|a crusty] loaf out of the oven
        read the stars/found the North Star without any help; ride a horse/rode [a gray|a spotted|a gentle] pony around the meadow; swim/swam [all the way|twice] across the pond
        carve wood/carved [an owl|a bear|a swan] out of a piece of pine; juggle/juggled [three|four] apples without dropping one; whistle with two fingers/whistled so loudly that the pigeons flew up
        paint/painted [a picture|a portrait] of the whole street; knit/knitted a scarf as long as the garden; skip stones/made a flat stone skip [six|seven|nine] times
        tell stories/told a story that kept the whole room silent; dance/danced until the lanterns burned low; climb like a squirrel/climbed to the very top of the old oak
        grow roses/grew [a red|a yellow|a white] rose as big as a fist; tie sailor knots/tied a knot that no storm could loosen; speak with birds/called, and a blackbird came down and sat on {hero.his} hand
        mend clocks/mended the tower clock, and it struck twelve; play chess/won a game of chess against the schoolteacher; keep bees/carried home a jar of {hero.his} own honey
        fly a kite/sent a kite so high that it looked like a bird; sew/sewed a jacket with [eight|ten] pockets; skate/skated backward across the frozen pond

        @ pal: intro/name/he/him/his/oh/tic/said
        an old ferryman named Barnaby/Barnaby/he/him/his/By oar and anchor/or I am no sailor/rumbled; a tall miller named Agatha/Agatha/she/her/her/Flour and feathers/and that is that/said; a hedgehog named Pip/Pip/he/him/his/Oh my prickles/if you please/squeaked
        a fox called Rusty/Rusty/he/him/his/Well, well, well/between you and me/said; a retired captain called Bartholomew/Bartholomew/he/him/his/Thunder and barnacles/and no mistake/boomed; a shy goatherd named Wilma/Wilma/she/her/her/Oh dear/if you do not mind/whispered
        a gray goose called Matilda/Matilda/she/her/her/Honk and bother/mark my words/said; a tinker named Silas/Silas/he/him/his/Pots and kettles/as sure as tin/laughed; a very small giant named Magnus/Magnus/he/him/his/Hills and boulders/my tiny friend/rumbled
        a beekeeper called Odette/Odette/she/her/her/Sweet clover/my honey/hummed; an owl named Professor Quill/Professor Quill/he/him/his/Most remarkable/to be precise/said; a baker called Dorothea/Dorothea/she/her/her/Bless my buns/my dumpling/chuckled
        a night watchman named Cornelius/Cornelius/he/him/his/Keys and candles/I always say/murmured; a badger called Old Bramble/Old Bramble/he/him/his/Roots and mud/in my opinion/grumbled; a traveling singer named Celeste/Celeste/she/her/her/Tra-la-la/my dear/sang
        a blacksmith named Gunnar/Gunnar/he/him/his/Hammer and tongs/strong and simple/said; a clockmaker called Emmeline/Emmeline/she/her/her/Tick and tock/not a minute later/said; a young wizard named Alaric/Alaric/he/him/his/Stars and slippers/I think/stammered
        a heron called Long Lars/Long Lars/he/him/his/Patience, patience/by and by/said; a grandmother named Philippa/Philippa/she/her/her/Goodness gracious/my treasure/smiled; a squirrel called Nutkin/Nutkin/she/her/her/Quick, quick/no time to lose/chattered
        a mountain guide called Ingrid/Ingrid/she/her/her/Snow and summit/step by step/said; a scarecrow named Jack Straw/Jack Straw/he/him/his/Crows and cabbages/or my head is hay/creaked; a lighthouse keeper named Solveig/Solveig/she/her/her/Salt and seaweed/fair and square/called

        @ kin
        uncle Robert; uncle Henry; uncle Edgar; uncle Walter; uncle Morris; uncle Conrad; uncle Albert; uncle Ludwig; aunt Martha; aunt Agnes; aunt Edith; aunt Harriet; aunt Louise
        aunt Beatrix; aunt Paula; aunt Helga; grandfather Joseph; grandfather Rudolf; grandfather Anton; grandfather Edmund; grandfather Gustav; grandfather Ernest; grandmother Rose; grandmother Elsa; grandmother Winifred; grandmother Josephine
        grandmother Mabel; grandmother Ottilie; cousin Nicholas; cousin Julia; cousin Marcus; cousin Teresa; cousin Vincent; cousin Laura; godmother Eleanor; godmother Sabine; godmother Frances; godmother Rebecca; godfather Gregory
        godfather Tobias; godfather Leonard; godfather Matthew; big sister Judith; big sister Karen; big sister Miriam; big sister Vera; big brother Philip; big brother Stefan; big brother Roland; big brother Adam

        @ surname
        Finch; Barley; Thorne; Pickett; Marlow; Dobbs; Kettle; Underhill; Applegate; Brand; Carver; Dunn; Elder; Farrow; Gable; Hatch
        Ingram; Jolly; Keller; Larch; Mercer; Nettle; Oakes; Penny; Quince; Ramsey; Salter; Tanner; Upton; Vale; Weaver; Yarrow
        Archer; Bagshaw; Birch; Bloom; Bramley; Briggs; Calder; Chandler; Clay; Cobb; Corwin; Darby; Digby; Dorn; Eastman; Eldridge
        Fairway; Fenner; Fowler; Garland; Gimble; Gorman; Granger; Hadley; Hazelton; Heath; Hopper; Hurst; Irwin; Jessop; Kemp; Kirby
        Lamb; Lander; Lockhart; Lovell; Mayfield; Merrick; Moon; Nash; Noble; Nutley; Orchard; Osgood; Paxton; Perry; Pond; Prentice
        Radley; Reeve; Ridley; Rowan; Sedley; Sherwood; Snow; Stout; Swann; Tatum; Tilden; Tuck; Vernon; Wade; Wick; Winslow
        Ashby; Burdock; Crane; Drummond; Ember; Flint; Goodwin; Hobbs; Ives; Jasper; Knott; Lowell; Mudd; Norris; Otter; Pepper
        Rook; Sparks; Thistle; Umber; Voss; Whitlock; Yates; Zimmer; Abel; Brody; Cotton; Dale; Everly; Frost; Grimble; Hollis

        @ folk
        Adele; Albin; Amos; Amy; Annie; Barney; Basil; Bella; Bernard; Betty; Billy; Boris; Bridget; Bruno; Carol; Casper; Cecil; Claude; Cora; Cyril; Daisy; Dennis; Dinah; Dolly
        Dora; Doris; Duncan; Edwin; Ella-May; Elsie; Emil; Eric; Erwin; Esther; Eugene; Fay; Finn; Flora; Florence; Frank; Freddy; Frieda; Gerald; Gideon; Gilbert; Grace; Gus; Gwen
        Hans; Harry; Harvey; Hector; Hilda; Ida; Igor; Irene; Isabel; Ivan; Jack; Jacob; Jenny; Jerome; Karl; Kate; Kitty; Klaus; Kurt; Lars; Linda; Lionel; Lisa; Lorenz
        Lotte; Louis; Marie; Maud; Mildred; Milo; Minna; Molly; Mona; Moritz; Ned; Neville; Nina; Noel; Norman; Olga; Oscar; Otis; Otto; Patricia; Paul; Pearl; Peggy; Percy
        Petra; Phoebe; Polly; Quentin; Ralph; Regina; Rufus; Rupert; Ruth; Sally; Sidney; Sonia; Stanley; Stella; Susan; Sven; Ted; Tess; Thea; Thelma; Tilly; Toby; Trudy; Ulrich
        Ursula; Viola; Vivian; Wendy; Wilbur; Wolf; Yvonne; Zelda

        @ kida
        Billy; Kate; Paul; Mona; Eric; Lisa; Otto; Ruth; Jack; Ida; Karl; Dora; Finn; Olga; Ralph; Tess; Gus; Wendy; Boris; Fay; Ivan; Gwen; Noel; Polly; Hans; Sally; Dennis; Carol; Ned; Minna; Toby; Jenny

        @ kidb
        Frank; Marie; Lars; Tilly; Oscar; Betty; Rufus; Nina; Harry; Elsie; Jacob; Molly; Bruno; Cora; Stanley; Amy; Klaus; Hilda; Freddy; Lotte; Percy; Maud; Cyril; Trudy; Sven; Annie; Basil; Flora; Ted; Peggy; Erwin; Dinah

        @ kidc
        Moritz; Susan; Albin; Grace; Lionel; Bella; Kurt; Stella; Hector; Linda; Gerald; Petra; Milo; Phoebe; Rupert; Esther; Emil; Viola; Claude; Ursula; Duncan; Irene; Igor; Thea; Norman; Ella-May; Wolf; Pearl; Lorenz; Sonia; Barney; Daisy

        @ job
        tailor; cobbler; postman; carpenter; fisherman; potter; weaver; shepherd; gardener; butcher; schoolteacher; doctor; librarian; painter; glassblower; ropemaker
        chimney sweep; mason; mayor; organist; lamplighter; woodcutter; candlemaker; farmer; grocer; barber; innkeeper; judge; cook; sign painter; basket maker; saddler

        @ doing
        sweeping a doorstep; humming an old tune; carrying a ladder; counting coins; eating a plum; sharpening a knife; hanging out shirts; chasing a hat; polishing a window; reading a newspaper
        pushing a wheelbarrow; yawning in a doorway; arguing about the price of eggs; stirring a pot; painting a fence; feeding the pigeons; mending a net; rolling a barrel; smoking a pipe; peeling potatoes
        tying up beans; looking for a lost glove; scolding a parrot; carrying two buckets; shelling peas; planting onions; wiping dusty spectacles; drawing water; beating a carpet; stacking firewood
        """;
}
