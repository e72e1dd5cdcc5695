namespace Loquat.Text.Collection.Stories.Plots;

/// <summary>The plot of the dry well.</summary>
internal static class Wonders
{
    public const string Text = """
        = well
        <well1> <well2>^<meet> <well3> <act>^<well4>

        = well1
        [It had not rained|No rain had fallen] in {home} since {*month}. The {*flower} [dried up|withered], the {*animal} [lay|panted] in the shade, and on {*day} the bucket came up from the well with nothing in it but {*junk}.
        That {*season} the well of {home} ran dry. The {*job} had no water for washing, and the [|{*old} ]{*tree} lost its leaves.

        = well2
        "[There must be water somewhere|Somebody has to look for water]," said {hero}. {hero.He} took {*look.a} [|{*color} ]{*tool} and some {*food} and {*went} [to|into] {+land}.
        {hero}'s {*kin} told of a spring [hidden in|somewhere in] {+land}. "[That is only an old tale|Nobody has found it yet]," said the {*job}. But {hero} {*went} there [all the same|that very day], with {*look.a} [|{*color} ]{*tool}.

        = well3
        "[Water? I know where it is|I can smell water], {pal.tic}," {pal.said} {pal}[| {*how}]. "[Under|Deep under] that {*tree}. But [a rock lies on top of it|the ground is hard], and [I am alone|I am too weak]. [And you look thirsty yourself|You have only one sip left, I see]." {hero} [gave|offered] {pal.him} the last of the {*drink}.
        {pal} was [digging|scratching] in the dust with {*look.a} [|{*color} ]{*tool}. "[For {*number} days I have been digging|Every day I dig a little], {pal.tic}," {pal.said} {pal}[| {*how}], "[and everybody laughs|and nobody believes me]. [Put your ear to the ground|Listen]." {hero} [listened|lay down], and [far below|deep down] there was {*gush}.

        = well4
        [They dug|Together they dug] until {*hour}, and they dug on by the light of the moon. [At first|First] the earth was [dry|gray], then [damp|dark], and then, with {*gush}, water [shot up|sprang out], [as clear as glass|as cold as ice|as bright as silver|laughing and leaping]. [Soon|Before long] all {home} came with [buckets|jugs]. <meal>
        [Suddenly|Then] the stone [moved|rolled away], and a [thin|small] stream ran [over|between] their feet. It grew, it [sang|gurgled], and it found its way [down|through {land}] to {home}, past {*spot} and right into the old well. {*folk} {*surname}[| the {*job}] [threw a hat in the air|rang the bell]. <meal>
        """;
}
