namespace Loquat.Text.Collection.Stories.Words;

/// <summary>How things are done, said and felt.</summary>
internal static class Manners
{
    public const string Text = """
        @ softly
        softly; slowly; gently; firmly; quickly; politely; shyly; warmly; brightly; eagerly; calmly; thoughtfully; dreamily; nervously; quietly; hopefully; carefully; at last; after a pause; at once; with a smile; with a nod; with shining eyes; with a red face

        @ how
        softly; slowly; gently; firmly; politely; warmly; brightly; eagerly; calmly; thoughtfully; dreamily; quietly; earnestly; sternly; cheerfully; solemnly; briskly; kindly; happily; gravely; mildly; patiently; sweetly; mysteriously

        @ went
        walked; ran; hurried; strolled; marched; tiptoed; wandered; trudged; skipped; crept; rushed; trotted; sauntered; stumbled; raced; limped

        @ feeling
        happy; proud; sad; lonely; nervous; hopeful; tired; grateful; puzzled; worried; excited; calm; hungry; ashamed; surprised; homesick; relieved; restless; bold; merry; sleepy; content; thoughtful; jolly

        @ glad
        happy; proud; grateful; merry; content; cheerful; peaceful; hopeful; glad; calm; joyful; jolly; carefree; delighted; pleased; thankful

        @ gloomy
        sad; lonely; ashamed; worried; foolish; helpless; angry; guilty; small; miserable; weary; empty; hopeless; clumsy; wretched; gloomy

        @ simile
        as thin as a thread; as round as a cheese; as tall as a steeple; as old as the hills; as proud as a rooster; as solemn as an owl; as brown as a nut; as pale as chalk; as merry as a cricket; as sharp as a thorn; as wrinkled as a raisin; as neat as a pin
        as broad as a barn door; as busy as a beehive; as shy as a fawn; as loud as a brass band; as quiet as snow; as red as a beet; as small as a thimble; as lively as a flea; as grim as a thundercloud; as bright as a button; as stiff as a poker; as wet as a sponge

        @ dim
        as gray as slate; as black as soot; as white as milk; as cold as a key; as heavy as lead; as thick as soup; as dark as a cellar; as pale as ash; as wet as a sponge; as chilly as a cave; as dull as pewter; as soft as wool

        @ glow
        as bright as a candle; as warm as toast; as small as a pea; as clear as glass; as lovely as a pearl; as light as a feather; as round as a bead; as delicate as frost; as yellow as honey; as pure as gold; as blue as ice

        @ beat
        like a drum; like a hammer; like a trapped moth; like a mill wheel; like rain on a roof; like a runaway horse; like a clock gone mad; like a woodpecker; like a rattle; like a train; like a bird in a cage; like a loose shutter

        @ nice
        lovely; splendid; wonderful; fine; marvelous; charming; excellent; delightful; glorious; pleasant; perfect; magnificent

        @ bad
        terrible; dreadful; awful; horrible; wretched; ashamed; sick; dizzy

        @ tasty
        delicious; heavenly; wonderful; splendid; perfect; marvelous; crisp; sweet; excellent; better than ever; just right; glorious

        @ cried
        cried; called; shouted; exclaimed; laughed; announced; burst out; panted; gasped; yelled; sang out; declared

        @ said
        said; whispered; murmured; answered; admitted; breathed

        @ gesture
        nodded; smiled; shrugged; blinked; winked; bowed; blushed; frowned; sniffed; grinned; swallowed; shivered; clapped; sat down; stood up; looked away; yawned; waved

        @ when
        the next morning; that afternoon; at sunrise; before breakfast; after lunch; at noon; as the sun went down; at the stroke of four; after school; early in the evening; when the rain stopped; just before supper; a little later; when the clock struck nine; an hour later; before long
        """;
}
