package io.kiln.endtoend;

import io.kiln.cli.Kiln;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * A verb that was run in this process, which takes a fraction of a launcher's start.
 *
 * @param exitCode exit code
 * @param out standard output
 * @param err standard error
 */
record CommandRun(int exitCode, String out, String err) {
    static CommandRun of(FaultDeployment.Settings settings, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(settings.arguments());
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine kiln =
                Kiln.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true));
        return new CommandRun(
                kiln.execute(all.toArray(String[]::new)), out.toString(), err.toString());
    }
}
