namespace Loquat.Text.Collection.Stories.Words;

/// <summary>Things to lose, find, eat, wear, give and build with, and words for how they look.</summary>
internal static class Things
{
    public const string Text = """
        @ color
        red; blue; green; yellow; purple; orange; silver; golden; white; black; brown; pink; scarlet; violet; crimson; turquoise; ivory; emerald; copper; gray; amber; indigo; bronze; rosy

        @ thing
        kite; lantern; button; marble; compass; music box; whistle; thimble; umbrella; teacup; drum; spinning top; mirror; locket; flute; pocketknife; feather; snow globe; magnet; doll; brooch; bracelet; notebook; jewel
        wooden horse; paper boat; hourglass; spyglass; pencil box; toy soldier; rattle; puppet; ribbon; purse; coin; key; medal; ring; watch; candlestick; fountain pen; seashell

        @ look
        shiny; dusty; polished; crooked; tiny; cracked; heavy; delicate; rusty; smooth; battered; precious; plain; faded; sturdy; painted; glittering; worn; carved; handsome; peculiar; fragile; dented; narrow; chipped; pretty; ordinary; elegant; clumsy; curious; old-fashioned; homemade

        @ material
        oak planks; willow twigs; old rope; clay; canvas; bricks; river stones; straw; copper wire; nails; driftwood; wool; cardboard; glue; sailcloth; pine boards; pebbles; string; tin cans; broomsticks; bamboo; wax; bedsheets; leather straps

        @ tool
        hammer; saw; spade; rake; needle; bucket; ladder; broom; rope; wheelbarrow; chisel; paintbrush; shovel; axe; pair of pliers; lamp; basket; crowbar; hoe; fishing net; screwdriver; measuring stick; pitchfork; oilcan

        @ food
        apple pie; barley soup; cheese; gingerbread; pancakes; plum jam; boiled eggs; honey cake; mushroom stew; buttered toast; potato salad; roasted corn; seed buns; sausages; porridge; dumplings; strawberries; almonds; cucumber sandwiches; pickled beets
        custard; nut bread; dried figs; baked apples; lentil soup; cherry tart; oatmeal; cream puffs; peppered ham; smoked trout; pumpkin bread; walnuts; rice pudding; onion rolls; carrot cake; raspberries; grapes; biscuits; toffee; noodles

        @ cake
        waffles; cookies; muffins; marzipan; fudge; pretzels; caramels; macaroons; nut rolls; lemon cake; poppy cake; apple fritters; sponge cake; jelly; licorice; popcorn; doughnuts; almond cake; shortbread; meringues

        @ drink
        cold milk; hot cocoa; apple cider; mint tea; lemonade; elderberry juice; spring water; blackberry tea; warm milk; ginger beer

        @ clothes
        cap; scarf; coat; apron; sweater; hood; vest; shawl; jacket; nightshirt; hat; belt; raincoat; bonnet; cloak; robe; waistcoat; poncho; beret; smock; tunic; necktie; cape; bathrobe

        @ wrap
        coat; scarf; shawl; jacket; cloak; sweater; apron; blanket

        @ cloth
        woolen; velvet; cotton; linen; patched; checkered; silk; striped; knitted; felt; quilted; embroidered; ragged; baggy; flowery; dotted; wrinkled; borrowed; brand-new; moth-eaten

        @ fruit
        cherries; plums; peaches; pears; apricots; hazelnuts; blueberries; radishes; oranges; melons; chestnuts; gooseberries; currants; olives; raisins; cranberries

        @ junk
        a bent spoon; three acorns; a candle stub; a ball of yarn; an empty bottle; a fishhook; a piece of chalk; a postage stamp; a broken comb; a bird's egg; a cork; a dry bean; a snail shell; a matchbox; a clothespin; two pennies
        a rubber band; a glass bead; a blunt pencil; a crumpled map; a lump of sugar; a walnut shell; a bit of tinfoil; a playing card; a pinecone; a safety pin; a slingshot; a horseshoe nail; a faded photograph; a ticket stub

        @ room
        cupboard; drawer; attic; cellar; chest; pantry; wardrobe; fireplace; bookshelf; stairwell; mattress; laundry basket; flowerpot; teapot; woodpile; coal bin; mailbox; bread box; toolbox; bathtub

        @ music
        trumpet; violin; harp; tambourine; mandolin; bagpipe; cello; xylophone; harmonica; clarinet; banjo; piano; guitar; triangle; trombone

        @ game
        hopscotch; leapfrog; hide-and-seek; dominoes; checkers; tag; tug-of-war; charades; croquet; ninepins; blindman's buff; jacks

        @ number
        three; four; five; six; seven; eight; nine; ten; eleven; twelve
        """;
}
