namespace Loquat.Text.Collection.Stories.Words;

/// <summary>How things are done, said and felt.</summary>
internal static class Manners
{
    public const string Text = """
        @ softly
        softly; slowly; gravely; gently; firmly; quickly; politely; shyly; warmly; brightly; eagerly; calmly; thoughtfully; hoarsely; dreamily; proudly; gruffly; kindly; nervously; merrily

        @ went
        walked; ran; hurried; strolled; marched; tiptoed; wandered; trudged; skipped; crept; rushed; trotted; sauntered; stumbled; raced; limped

        @ feeling
        happy; proud; sad; lonely; nervous; hopeful; tired; grateful; puzzled; worried; excited; calm; hungry; ashamed; surprised; homesick; relieved; restless; bold; merry; sleepy; content; thoughtful; jolly

        @ simile
        as busy as a beehive; as quiet as snow; as light as a feather; as red as a beet; as quick as a hare; as proud as a rooster; as warm as toast; as still as a stone; as bright as a button; as thin as a thread; as slippery as soap; as round as a cheese
        as cold as a key; as green as a frog; as soft as butter; as old as the hills; as sharp as a thorn; as sweet as syrup; as black as soot; as loud as a brass band; as smooth as glass; as tall as a steeple; as fresh as paint; as shy as a fawn

        @ nice
        lovely; splendid; wonderful; fine; marvelous; charming; excellent; delightful; glorious; pleasant; perfect; magnificent; clever; sensible; cozy; remarkable

        @ bad
        terrible; dreadful; awful; horrible; gloomy; miserable; nasty; frightful; wretched; dismal; beastly; bitter

        @ cried
        cried; called; shouted; gasped; exclaimed; laughed; sighed; yelled; whispered; mumbled; groaned; sobbed; giggled; replied; announced; admitted

        @ gesture
        nodded; smiled; shrugged; blinked; winked; bowed; blushed; frowned; sniffed; grinned; swallowed; shivered; clapped; sat down; stood up; looked away; yawned; waved

        @ when
        the next morning; that afternoon; at sunrise; before breakfast; after lunch; at noon; as the sun went down; at the stroke of four; after school; early in the evening; when the rain stopped; just before supper; a little later; when the clock struck nine; an hour later; before long
        """;
}
