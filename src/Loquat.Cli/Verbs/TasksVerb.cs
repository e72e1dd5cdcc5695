using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Tasks;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat tasks`: which tasks come with the program, and what one of them is.</summary>
internal static class TasksVerb
{
    public static Command Create()
    {
        var name = new Argument<string?>("name") { Description = "A task, to see its file: a beginning for one's own. Default: all tasks.", Arity = ArgumentArity.ZeroOrOne };
        var verb = new Command("tasks", "List the tasks that evaluate knows by name, or print the file of one.") { name };
        verb.WithExamples("""
            loquat tasks
            loquat tasks hellaswag
            """);
        verb.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(name) is { } one)
            {
                Console.Out.Write(TaskFile.ReadBuiltIn(one));
                return Task.FromResult(0);
            }
            var width = TaskFile.BuiltIn.Max(n => n.Length);
            foreach (var task in TaskFile.BuiltIn) Console.Out.WriteLine($"{task.PadRight(width)}  {TaskFile.Load(task).About}");
            return Task.FromResult(0);
        });
        return verb;
    }
}
