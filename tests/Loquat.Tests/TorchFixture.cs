using System.Runtime.CompilerServices;
using Loquat.Native;

namespace Loquat.Tests;

internal static class TorchFixture
{
    /// <summary>Tests make tensors anywhere; libtorch must be there before the first.</summary>
    [ModuleInitializer]
    internal static void Initialize() => Libtorch.Initialize();
}
