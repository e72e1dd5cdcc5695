using Loquat.Tests;

namespace Loquat.Text.Tests;

public sealed class FloorTests() : ProjectFloorTests("Loquat.Text");
