using Loquat.Tests;

namespace Loquat.Corpus.Tests;

public sealed class FloorTests() : ProjectFloorTests("Loquat.Corpus");
