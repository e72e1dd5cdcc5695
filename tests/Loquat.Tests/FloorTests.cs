namespace Loquat.Tests;

public sealed class FloorTests() : ProjectFloorTests("Loquat");
