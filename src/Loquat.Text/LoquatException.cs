namespace Loquat;

/// <summary>
/// An error whose cause is outside the program: a wrong setting, damaged data, an unusable machine. The message says
/// what is wrong, where, what is allowed and what to do next; the command line prints it alone, without a stack trace.
/// </summary>
public abstract class LoquatException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The process exit code that the command line returns for this error.</summary>
    public abstract int ExitCode { get; }
}

/// <summary>A setting, argument or recipe value that cannot be used. Exit code 2.</summary>
public sealed class OptionsException(string message, Exception? inner = null) : LoquatException(message, inner)
{
    public override int ExitCode => 2;
}

/// <summary>Text, token shards or a tokenizer file that cannot be read. Exit code 3.</summary>
public sealed class DataException(string message, Exception? inner = null) : LoquatException(message, inner)
{
    public override int ExitCode => 3;
}

/// <summary>A checkpoint that cannot be read, written or does not fit the model. Exit code 4.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : LoquatException(message, inner)
{
    public override int ExitCode => 4;
}

/// <summary>The machine lacks something: a native library, a device, disk space. Exit code 5.</summary>
public sealed class MachineException(string message, Exception? inner = null) : LoquatException(message, inner)
{
    public override int ExitCode => 5;
}
