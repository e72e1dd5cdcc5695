using System.Globalization;
using System.Reflection;

namespace Loquat.Native;

/// <summary>Finds the folder that holds libtorch: `LOQUAT_LIBTORCH`, beside the program, where the program's build noted it, or the package cache, in this order.</summary>
internal static class LibtorchFolder
{
    /// <summary>Written beside a program by its build (Packaging/Loquat.targets): the folder of the package that it was built with.</summary>
    private const string Note = "Loquat.libtorch";

    /// <summary>The libtorch that TorchSharp's bridge was compiled against; its C++ interface changes with each minor version.</summary>
    public static Version Required { get; } = new(Metadata("LibtorchVersion"));

    private static string MainLibrary => FileName("torch_cpu");

    /// <exception cref="MachineException">It is in none of the places; the message lists them.</exception>
    public static string Find()
    {
        var named = Environment.GetEnvironmentVariable("LOQUAT_LIBTORCH");
        var looked = string.IsNullOrEmpty(named) ? Default() : Below(Path.GetFullPath(named));
        if (looked.FirstOrDefault(Holds) is { } folder) return folder;
        // A packed tool does not carry half a gigabyte; whoever installs it may never have restored the package.
        throw new MachineException($"libtorch is not found: there is no {MainLibrary} in {string.Join(", ", looked)}. " + (string.IsNullOrEmpty(named)
            ? $"A program gets it by <UseCurrentRuntimeIdentifier>true</UseCurrentRuntimeIdentifier> in its project, the sources by 'dotnet restore'; or set LOQUAT_LIBTORCH to the folder of an installed libtorch or PyTorch {Required.ToString(2)}."
            : $"LOQUAT_LIBTORCH must name the folder of an installed libtorch or PyTorch {Required.ToString(2)}, or be unset for the one that comes with Loquat."));
    }

    /// <summary>Where libtorch lies inside an unpacked libtorch, an installed PyTorch, or a Python environment.</summary>
    internal static IReadOnlyList<string> Below(string named)
    {
        List<string> folders = [named, Path.Combine(named, "lib"), Path.Combine(named, "torch", "lib"), Path.Combine(named, "libtorch", "lib")];
        foreach (var libraries in (string[])["lib", "lib64"])
        {
            var parent = Path.Combine(named, libraries);
            if (!Directory.Exists(parent)) continue;
            folders.AddRange(Directory.EnumerateDirectories(parent, "python3*").Order(StringComparer.Ordinal)
                .Select(python => Path.Combine(python, "site-packages", "torch", "lib")));
        }
        folders.Add(Path.Combine(named, "Lib", "site-packages", "torch", "lib"));
        return folders;
    }

    /// <summary>The path of TorchSharp's bridge: beside the program, or in the package cache.</summary>
    /// <exception cref="MachineException">It is in neither place.</exception>
    public static string Bridge()
    {
        var name = FileName("LibTorchSharp");
        string[] looked = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", Metadata("LibtorchRuntime"), "native"), Metadata("LibTorchSharp")];
        return looked.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? throw new MachineException(
            $"TorchSharp's native library is not found: there is no {name} in {string.Join(", ", looked)}. Run 'dotnet restore' in the sources, or install Loquat again.");
    }

    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    private static bool Holds(string folder) => File.Exists(Path.Combine(folder, MainLibrary));

    private static string[] Default()
    {
        var runtime = Metadata("LibtorchRuntime");
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } own ? own
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return [.. ((string[])[AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", runtime, "native"), Noted(), Metadata("Libtorch"),
            Path.Combine(packages, $"libtorch-cpu-{runtime}", Metadata("LibtorchVersion"), "runtimes", runtime, "native")])
            .Where(folder => folder.Length > 0).Select(Path.GetFullPath).Distinct()];
    }

    private static string Noted() => Path.Combine(AppContext.BaseDirectory, Note) is var file && File.Exists(file) ? File.ReadAllText(file).Trim() : "";

    private static string Metadata(string key) => string.Create(CultureInfo.InvariantCulture,
        $"{typeof(LibtorchFolder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == key)?.Value}");
}
