using System.Runtime.InteropServices;
using TorchSharp;

namespace Loquat.Native;

/// <summary>Loads libtorch and TorchSharp's bridge to it, before the first tensor, and sets it up: memory, threads, device.</summary>
public static class Libtorch
{
    private static readonly Lock _gate = new();
    private static bool _initialized;
    private static nint _main, _cuda, _bridge;
    private static bool? _hasCuda;

    /// <summary>The folder that libtorch was loaded from.</summary>
    public static string Folder { get; private set; } = "";

    /// <summary>Its version, such as 2.10.0.</summary>
    public static Version Version { get; private set; } = new();

    /// <summary>Whether libtorch was built for CUDA and sees a device. Asks once, at first use; loads libtorch where that has not happened.</summary>
    public static bool HasCuda
    {
        get
        {
            Initialize();
            return _hasCuda ??= _cuda != 0 && torch.cuda.is_available();
        }
    }

    /// <summary>Threads of libtorch's operators and of <see cref="OpenMP"/>: `LOQUAT_THREADS`, else the physical cores of this process.</summary>
    public static int Threads { get; private set; } = 1;

    /// <summary>Handle of the OpenMP library whose threads libtorch uses, or null where it brings none.</summary>
    internal static nint? OpenMPLibrary { get; private set; }

    /// <summary>
    /// Loads the libraries once; later calls cost nothing. Nobody has to call it: whatever in Loquat or TorchSharp needs libtorch loads it first
    /// (<see cref="LibtorchResolver"/>). A program that wants the second it takes, or the error, at a moment of its own calls it then.
    /// </summary>
    /// <exception cref="MachineException">A library is not found, has the wrong version or cannot be loaded.</exception>
    /// <exception cref="OptionsException">`LOQUAT_THREADS` is not a positive whole number.</exception>
    public static void Initialize()
    {
        if (Volatile.Read(ref _initialized)) return;
        lock (_gate)
        {
            if (_initialized) return;
            var threads = ThreadCount();
            Allocator.Tune();
            SpinLimit.Set();
            var folder = LibtorchFolder.Find();
            Load(folder);
            (Folder, Threads) = (folder, threads);
            SetThreads(threads);
            Volatile.Write(ref _initialized, true);
            SpinThrottle.Watch();
        }
    }

    /// <summary>The library that TorchSharp asks for by name, loaded where it has not been; 0 for one that is not libtorch's.</summary>
    internal static nint Handle(string name)
    {
        if (name.Contains("LibTorchSharp", StringComparison.Ordinal))
        {
            Initialize();
            return _bridge;
        }
        if (name is not ("torch_cpu" or "torch_cuda")) return 0;
        Initialize();
        return name == "torch_cpu" ? _main : _cuda;
    }

    // Not torch.set_num_threads: TorchSharp's own initializer may be what asked for the libraries.
    private static unsafe void SetThreads(int threads) => ((delegate* unmanaged[Cdecl]<int, void>)NativeLibrary.GetExport(_bridge, "THSTorch_set_num_threads"))(threads);

    private static int ThreadCount()
    {
        if (Environment.GetEnvironmentVariable("LOQUAT_THREADS") is not { Length: > 0 } text) return Processors.PhysicalCores;
        return int.TryParse(text, out var count) && count > 0
            ? count
            : throw new OptionsException($"LOQUAT_THREADS is '{text}'; it must be a positive whole number, or be unset for one thread per core.");
    }

    private static void Load(string folder)
    {
        // In the order in which they need each other; the CUDA ones exist only in a CUDA build. Libraries loaded by their
        // full path satisfy every later request by name, those of TorchSharp included.
        foreach (var name in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            if (Path.Combine(folder, LibtorchFolder.FileName(name)) is var path && !File.Exists(path)) continue;
            var handle = LoadLibrary(path);
            if (name == "torch_cuda") _cuda = handle;
            if (name != "torch_cpu") continue;
            _main = handle;
            Version = Checked(VersionOf(handle), folder);
        }
        // The one that the dynamic linker chose for libtorch, wherever it lies: another copy would have other threads.
        if (LoadedLibraries.Find("libgomp", "libiomp5") is { } openMP && NativeLibrary.TryLoad(openMP, out var library)) OpenMPLibrary = library;
        _bridge = LoadLibrary(BridgeCopy.Usable(LibtorchFolder.Bridge()));
    }

    /// <summary>libtorch tells its version through its stable C interface since 2.9: major, minor, patch, tweak from the highest byte on.</summary>
    private static unsafe Version? VersionOf(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var function)) return null;
        var bits = ((delegate* unmanaged[Cdecl]<ulong>)function)();
        return new Version((int)(bits >> 56), (int)(bits >> 48 & 255), (int)(bits >> 40 & 255));
    }

    internal static Version Checked(Version? found, string folder)
    {
        var required = LibtorchFolder.Required;
        if (found is not null && (found.Major, found.Minor) == (required.Major, required.Minor)) return found;
        throw new MachineException($"libtorch in {folder} has version {found?.ToString() ?? "2.8 or earlier"}; this Loquat needs {required.ToString(2)}. " +
            "Point LOQUAT_LIBTORCH at such a one, or unset it to use the one that comes with Loquat.");
    }

    private static nint LoadLibrary(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new MachineException($"{path} cannot be loaded: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
