namespace Loquat.Tests;

/// <summary>Soak tests and training curves run only with LOQUAT_LONG=1; see CONTRIBUTING.</summary>
internal static class LongTests
{
    public static bool Enabled { get; } = Environment.GetEnvironmentVariable("LOQUAT_LONG") == "1";

    /// <summary>Rounds of a randomized test: few by default, many with LOQUAT_LONG=1.</summary>
    public static int Rounds(int fast, int full) => Enabled ? full : fast;

    public static void Require()
    {
        if (!Enabled) Assert.Skip("long test: set LOQUAT_LONG=1");
    }
}
