using Loquat.Tests;

namespace Loquat.Sweeps.Tests;

public sealed class FloorTests() : ProjectFloorTests("Loquat.Sweeps");
