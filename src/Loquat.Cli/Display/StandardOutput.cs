using System.Runtime.InteropServices;

namespace Loquat.Cli.Display;

/// <summary>Standard output for results of any size.</summary>
internal static partial class StandardOutput
{
    /// <summary>A stream that fails when its reader has gone: .NET's own goes on without a word, so that `loquat ... | head` would never end.</summary>
    public static Stream Open() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new Descriptor();

    private sealed unsafe partial class Descriptor : Stream
    {
        private const int Output = 1;
        private const int Interrupted = 4; // EINTR
        private static readonly int Again = OperatingSystem.IsLinux() ? 11 : 35; // EAGAIN

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        /// <exception cref="IOException">The reader has gone, or the disk is full; the number is the system's.</exception>
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            fixed (byte* start = buffer)
            {
                for (var written = 0; written < buffer.Length;)
                {
                    var count = WriteTo(Output, start + written, buffer.Length - written);
                    var error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                    if (count > 0) written += (int)count;
                    else if (error == Interrupted) continue;
                    else if (error == Again) Thread.Sleep(1);
                    else throw new IOException($"standard output: {Marshal.GetPInvokeErrorMessage(error)}", error);
                }
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
        private static partial nint WriteTo(int descriptor, byte* bytes, nint count);
    }
}
