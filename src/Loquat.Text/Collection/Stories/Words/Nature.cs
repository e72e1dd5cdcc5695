namespace Loquat.Text.Collection.Stories.Words;

/// <summary>Animals, plants, weather, places and times.</summary>
internal static class Nature
{
    public const string Text = """
        @ animal
        cat; puppy; rabbit; mouse; kitten; lamb; pony; donkey; goat; calf; duckling; piglet; hare; otter; beaver; weasel; tortoise; toad; frog; lizard; mole; deer; ram; terrier; sheepdog; hen; rooster; turkey; pigeon; parrot

        @ coat
        lazy; plump; shaggy; sleepy; one-eyed; spotted; limping; hungry; friendly; grumpy; wet; old; young; fluffy; brown; white; gray; black; skinny; proud; dirty; speckled; fat; lonely; greedy; three-legged; clumsy; ginger; muddy; cheeky; solemn; stray

        @ plume
        tiny; bold; noisy; merry; glossy; shy; lively; hoarse; brave; early; restless; bright-eyed; ruffled; silvery; swift; timid

        @ bird
        robin; swallow; sparrow; wren; magpie; jackdaw; cuckoo; thrush; finch; kingfisher; woodpecker; starling; nightingale; raven; dove; crane; seagull; skylark; falcon; blackbird

        @ insect
        ladybug; butterfly; bumblebee; dragonfly; cricket; beetle; moth; firefly; grasshopper; caterpillar; ant; snail; spider; wasp

        @ perch
        asleep on a wall; hiding in the grass; sitting on a gate; drinking from a puddle; nibbling a carrot; chewing a shoelace; staring at the clouds; scratching at a door; rolling in the dust; perched on a barrel
        washing its face; stretching in the sun; peeping out of a basket; chasing a leaf; hopping in circles; guarding a bone; sneezing in a flower bed; balancing on a fence; watching the road; trotting behind a cart

        @ flower
        daisies; tulips; violets; poppies; buttercups; bluebells; lilies; roses; daffodils; sunflowers; dandelions; marigolds; primroses; snowdrops; foxgloves; cornflowers; peonies; pansies; geraniums; crocuses; irises; asters; hyacinths; carnations

        @ tree
        oak; birch; willow; chestnut; pine; maple; elm; apple tree; pear tree; walnut tree; linden; beech; spruce; cherry tree; rowan; poplar; hazel; alder; cedar; plum tree

        @ old
        old; crooked; hollow; tall; mighty; bent; leafy; lonely; ancient; mossy; gnarled; slender; tangled; enormous; split; shady

        @ hue
        white; yellow; pink; red; blue; purple; orange; pale; bright; wild; tiny; late

        @ sky
        clear; cloudy; foggy; frosty; windy; rainy; sunny; misty; drizzly; bright; gray; mild; chilly; golden; breezy; damp; sultry; hazy; still; gloomy

        @ season
        spring; summer; autumn; winter

        @ month
        January; February; March; April; May; June; July; August; September; October; November; December

        @ day
        Monday; Tuesday; Wednesday; Thursday; Friday; Saturday; Sunday

        @ hour
        morning; afternoon; evening; noon; dawn; dusk; midday; twilight

        @ nth
        first; second; third; fourth; fifth; sixth; seventh; eighth; ninth; tenth; eleventh; twelfth; thirteenth; fourteenth; fifteenth; sixteenth; seventeenth; eighteenth; nineteenth; twentieth

        @ spot
        the old mill; the stone bridge; the market square; the village pond; the churchyard wall; the crooked barn; the blacksmith's forge; the hollow log; the ruined tower; the boat shed
        the orchard gate; the haystack; the well; the schoolhouse; the bandstand; the duck pond; the broken cart; the town hall steps; the long hedge; the bakery window; the bell tower
        the ferry landing; the wishing stone; the rabbit warren; the empty stable; the rope swing; the vegetable patch; the greenhouse; the railway arch; the toy shop; the potter's yard; the fish market
        the library stairs; the beehives; the windmill; the sandy cove; the brick kiln; the water trough; the dusty attic; the back garden; the chicken coop; the fallen elm; the cheese cellar

        @ land
        the meadow; the marsh; the valley; the forest; the moor; the dunes; the hillside; the gorge; the vineyard; the heath; the wheat field; the pasture; the swamp; the ridge; the canyon; the beach; the island; the plain; the thicket; the glen

        @ smell
        fresh bread; wet leaves; wood smoke; ripe pears; sea salt; cut grass; warm dust; peppermint; old books; candle wax; cinnamon; pine needles; damp wool; roasted chestnuts; lemon peel; melted butter
        rain; hay; tar; ginger; soap; leather; moss; coffee; vanilla; mushrooms; varnish; wild garlic; orange blossom; burnt sugar

        @ gush
        a gurgle; a splash; a murmur; dripping water; a soft rushing; a bubbling; a trickle; a faint gush
        
        @ sound
        a distant bell; a creaking hinge; a barking dog; the rattle of a cart; the tapping of a hammer; the murmur of the brook; a slamming shutter; the rustle of leaves; somebody's laughter; the hiss of steam; a lonely flute; the clatter of hooves
        a splash; footsteps; the ticking of a clock; a muffled cough; the flapping of wings; dripping water; a faint whistle; the crackle of a fire; the groan of a gate; an accordion; the scratching of tiny claws; the hooting of an owl; a drumbeat; the clink of glasses
        """;
}
