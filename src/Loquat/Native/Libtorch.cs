using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Loquat.Native;

/// <summary>
/// Loads libtorch and TorchSharp's bridge to it, before the first tensor. They are taken from `LOQUAT_LIBTORCH`, from beside the
/// program, or from the package cache, in this order.
/// </summary>
public static class Libtorch
{
    private static readonly Lock _gate = new();
    private static bool _initialized;
    private static nint _bridge;

    /// <summary>The folder that libtorch was loaded from.</summary>
    public static string Folder { get; private set; } = "";

    /// <summary>Threads of libtorch's operators and of <see cref="OpenMP"/>: `LOQUAT_THREADS`, else the processors of this process.</summary>
    public static int Threads { get; private set; } = 1;

    internal static nint? OpenMPLibrary { get; private set; }

    /// <summary>Loads the libraries once; later calls cost nothing.</summary>
    /// <exception cref="MachineException">A library is not found or cannot be loaded.</exception>
    public static void Initialize()
    {
        if (Volatile.Read(ref _initialized)) return;
        lock (_gate)
        {
            if (_initialized) return;
            Allocator.Tune();
            Folder = FindFolder();
            Load();
            Threads = ThreadCount();
            torch.set_num_threads(Threads);
            Volatile.Write(ref _initialized, true);
        }
    }

    private static int ThreadCount()
    {
        if (Environment.GetEnvironmentVariable("LOQUAT_THREADS") is not { Length: > 0 } text) return Environment.ProcessorCount;
        return int.TryParse(text, out var count) && count > 0
            ? count
            : throw new OptionsException($"LOQUAT_THREADS is '{text}'; it must be a positive whole number.");
    }

    private static string FindFolder()
    {
        var looked = new List<string>();
        if (Environment.GetEnvironmentVariable("LOQUAT_LIBTORCH") is { Length: > 0 } named)
            looked.AddRange([named, Path.Combine(named, "lib"), Path.Combine(named, "torch", "lib")]);
        else
            looked.AddRange([AppContext.BaseDirectory, Metadata("Libtorch")]);
        return looked.FirstOrDefault(folder => File.Exists(Path.Combine(folder, FileName("torch_cpu")))) ?? throw new MachineException(
            $"libtorch is not found: no {FileName("torch_cpu")} in {string.Join(", ", looked)}. " +
            "Run 'dotnet restore', or set LOQUAT_LIBTORCH to the folder of an installed libtorch 2.10 or PyTorch 2.10.");
    }

    private static void Load()
    {
        var openMP = Directory.EnumerateFiles(Folder, "libgomp*").FirstOrDefault();
        if (openMP is not null) OpenMPLibrary = LoadLibrary(openMP);
        foreach (var name in (string[])["c10", "torch_cpu", "torch"])
            if (Path.Combine(Folder, FileName(name)) is var path && File.Exists(path)) LoadLibrary(path);
        var bridge = Path.Combine(AppContext.BaseDirectory, FileName("LibTorchSharp"));
        if (!File.Exists(bridge)) bridge = Path.Combine(Metadata("LibTorchSharp"), FileName("LibTorchSharp"));
        _bridge = LoadLibrary(StandardLibrary.Usable(bridge));
        NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => name.Contains("LibTorchSharp", StringComparison.Ordinal) ? _bridge : 0);
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

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    private static string Metadata(string key) =>
        typeof(Libtorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
