namespace Loquat.EndToEnd.Tests;

public sealed class FloorTests() : ProjectFloorTests("Loquat.Cli");
