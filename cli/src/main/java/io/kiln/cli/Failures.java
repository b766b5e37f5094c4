package io.kiln.cli;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.console.Printable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns an exception into a short message and an exit code. */
final class Failures {
    private Failures() {}

    /**
     * Prints the reason for a failure.
     *
     * @param config of the verb, if it has loaded one: it tells who was refused by a broker, and
     *     which key names what was asked for
     * @return 2 for an invalid configuration, 1 for anything else
     */
    static int report(
            Throwable failure, Optional<KilnConfig> config, PrintWriter err, boolean verbose) {
        if (verbose) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            err.print(Printable.lines(trace.toString()));
        }
        String message =
                config.flatMap(kiln -> Clients.refusal(kiln).explain(failure))
                        .orElseGet(() -> message(failure, verbose));
        err.println("kiln: " + Printable.lines(message));
        err.flush();
        return failure instanceof ConfigException ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    private static String message(Throwable failure, boolean verbose) {
        String message = failure.getMessage();
        if (explainsItself(failure) && message != null) {
            return message;
        }
        String kind = failure.getClass().getSimpleName();
        return "unexpected "
                + kind
                + (message == null ? "" : ": " + message)
                + (verbose ? "" : " (run again with --verbose for the stack trace)");
    }

    /** The messages of Kiln's own exceptions are written for the user. */
    private static boolean explainsItself(Throwable failure) {
        return failure.getClass().getPackageName().startsWith("io.kiln.");
    }

    /** An unmatched argument in place of a verb is an unknown verb. */
    private static String wrongUse(ParameterException failure) {
        Set<String> verbs = failure.getCommandLine().getSubcommands().keySet();
        if (failure instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().get(0).startsWith("-")) {
            return unmatched.getUnmatched().get(0)
                    + (verbs.isEmpty()
                            ? ": unexpected argument"
                            : ": unknown verb; expected one of " + String.join(", ", verbs));
        }
        return WrongValue.explain(failure).orElseGet(() -> String.valueOf(failure.getMessage()));
    }

    /** Reports arguments that cannot be parsed, and points to the help. */
    static int wrongUse(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("kiln: " + Printable.lines(wrongUse(failure)));
        UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return ExitCode.USAGE;
    }
}
