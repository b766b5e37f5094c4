package io.kiln.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * Runs a verb within the test.
 *
 * @param exitCode of the verb
 * @param out standard output
 * @param err standard error
 */
record Cli(int exitCode, String out, String err) {
    static Cli run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command =
                Kiln.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exitCode = command.execute(arguments);
        return new Cli(exitCode, out.toString(), err.toString());
    }
}
