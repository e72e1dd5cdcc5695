using System.Text.Json;

namespace Loquat.Text.Tokenization.Json;

internal static class JsonList
{
    /// <summary>Writes a list of objects.</summary>
    public static void Write<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
