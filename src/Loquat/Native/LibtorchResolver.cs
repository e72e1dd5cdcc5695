using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace Loquat.Native;

/// <summary>
/// Answers TorchSharp when it looks for its native libraries, so that libtorch is loaded by <see cref="Libtorch.Initialize"/> at the first tensor, whoever makes it:
/// a program that never makes one does not wait for it, and none has to prepare anything. See docs/decisions/0004-libtorch-is-loaded-when-first-needed.md.
/// </summary>
internal static class LibtorchResolver
{
    /// <summary>Runs before anything else in this assembly does.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "TorchSharp must find the libraries however a program enters Loquat; this registers two callbacks and loads nothing.")]
    internal static void Register()
    {
        var torchSharp = typeof(torch).Assembly;
        // TorchSharp first loads the libraries by name, which asks the load context, and then calls into them, which asks the resolver.
        (AssemblyLoadContext.GetLoadContext(torchSharp) ?? AssemblyLoadContext.Default).ResolvingUnmanagedDll += (assembly, name) => assembly == torchSharp ? Libtorch.Handle(name) : 0;
        try
        {
            NativeLibrary.SetDllImportResolver(torchSharp, (name, _, _) => Libtorch.Handle(name));
        }
        catch (InvalidOperationException)
        {
            // The program has set a resolver of its own for TorchSharp: it comes first, the load context second.
        }
    }
}
