using Loquat.Tests;

namespace Loquat.Text.Tests.Floors
{
    public sealed partial class AssemblyArrowsTests
    {
        private const string Lower = "Loquat.Text.Tests.Floors.Example.Lower";
        private const string Upper = "Loquat.Text.Tests.Floors.Example";

        [Theory]
        [InlineData("Base")]
        [InlineData("Uses.<Field>k__BackingField")]
        [InlineData("Uses.Signature")]
        [InlineData("Uses.Local")]
        [InlineData("Uses.Call")]
        [InlineData("Uses.Argument")]
        [InlineData("Uses.Switch")]
        [InlineData("<>c.<Lambda>")]
        [InlineData("Uses.Attribute")]
        [InlineData("Uses.Constraint")]
        public void Every_kind_of_use_is_an_arrow_without_a_using(string place) => Arrows().Should().Contain((Lower, Upper, place));

        [Fact]
        public void What_is_not_used_has_no_arrow() => Arrows().Should().NotContain(arrow => arrow.From == Upper && arrow.To == Lower);

        private static List<(string From, string To, string Place)> Arrows()
        {
            var found = new List<(string, string, string)>();
            AssemblyArrows.Read(typeof(AssemblyArrowsTests).Assembly.Location, (from, to, place) => found.Add((from, to, Ordinal().Replace(place, ">"))));
            return found;
        }

        // The compiler numbers its lambdas.
        [System.Text.RegularExpressions.GeneratedRegex(">b__[0-9_]+$")]
        private static partial System.Text.RegularExpressions.Regex Ordinal();
    }
}

// Names of an outer namespace need no `using` in an inner one.
namespace Loquat.Text.Tests.Floors.Example
{
    internal class Thing(int value)
    {
        public int Value => value;

        public static Thing Make() => new(1);

        public static object MakeHidden() => new Thing(1);

        public static T Default<T>() where T : class => null!;
    }

    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class MarkAttribute : Attribute;

    internal static class Quiet
    {
        public static int Number() => 3;
    }
}

namespace Loquat.Text.Tests.Floors.Example.Lower
{
    internal sealed class Base() : Thing(1);

    internal static class Uses
    {
        public static Thing? Field { get; set; }

        public static Thing? Signature() => null;

        public static void Local()
        {
            var hidden = Thing.MakeHidden();
            GC.KeepAlive(hidden);
        }

        public static int Call() => Quiet.Number();

        public static object Argument() => new List<Thing>();

        public static int Switch(int number) => number switch { 0 => 5, 1 => 7, 2 => 11, 3 => Quiet.Number(), _ => 13 };

        public static Func<int> Lambda() => () => Quiet.Number();

        [Mark]
        public static void Attribute()
        {
        }

        public static void Constraint<T>() where T : Thing
        {
        }
    }
}
