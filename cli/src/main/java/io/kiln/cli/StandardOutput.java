package io.kiln.cli;

import java.io.BufferedWriter;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;

/** Standard output that knows why it could not be written. {@link System#out} does not tell. */
final class StandardOutput extends FilterOutputStream {
    /** What a shell reports of a command that SIGPIPE has ended. Java ignores that signal. */
    static final int CLOSED = 141;

    private @Nullable IOException failure;

    StandardOutput(OutputStream out) {
        super(out);
    }

    PrintWriter writer() {
        return new PrintWriter(
                new BufferedWriter(new OutputStreamWriter(this, Charset.defaultCharset())), true);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /**
     * The exit code of a verb, once its output is written. A reader that has closed a pipe has what
     * it wanted, so nothing is said of it.
     *
     * @param code of the verb
     */
    int exitCode(int code, PrintWriter err) {
        if (failure == null) {
            return code;
        }
        String reason = String.valueOf(failure.getMessage());
        boolean closed = reason.toLowerCase(Locale.ROOT).contains("broken pipe");
        if (!closed) {
            err.println("kiln: standard output could not be written: " + reason);
            err.flush();
        }
        int failed = closed ? CLOSED : ExitCode.SOFTWARE;
        return code == ExitCode.OK ? failed : code;
    }
}
