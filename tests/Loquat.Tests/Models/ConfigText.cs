using Loquat.Checkpoints;
using Loquat.Models;

namespace Loquat.Tests.Models;

/// <summary>A configuration from the text of a `config.json`.</summary>
internal static class ConfigText
{
    public static ModelConfig Read(string json)
    {
        var folder = Directory.CreateTempSubdirectory("loquat-config-");
        try
        {
            var path = Path.Combine(folder.FullName, "config.json");
            File.WriteAllText(path, json);
            return ModelConfigFile.Read(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
