package io.kiln.cli;

import io.kiln.config.ConfigException;
import java.io.PrintWriter;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns an exception into a message of a few lines and an exit code. */
final class Failures {
    private Failures() {}

    /**
     * Prints what went wrong.
     *
     * @return 2 for a mistake of the configuration, 1 for anything else
     */
    static int report(Throwable failure, PrintWriter err, boolean verbose) {
        if (verbose) {
            failure.printStackTrace(err);
        }
        err.println("kiln: " + message(failure, verbose));
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
                + (verbose ? "" : " (again with --verbose for the stack trace)");
    }

    /** Kiln's own exceptions have messages that were written for the user. */
    private static boolean explainsItself(Throwable failure) {
        return failure.getClass().getPackageName().startsWith("io.kiln.");
    }

    /** An argument where a verb belongs is a verb that does not exist. */
    private static String wrongUse(ParameterException failure) {
        Set<String> verbs = failure.getCommandLine().getSubcommands().keySet();
        if (failure instanceof UnmatchedArgumentException unmatched
                && !verbs.isEmpty()
                && !unmatched.getUnmatched().get(0).startsWith("-")) {
            return unmatched.getUnmatched().get(0)
                    + ": no such verb; expected one of "
                    + String.join(", ", verbs);
        }
        return String.valueOf(failure.getMessage());
    }

    /** Answers arguments that cannot be parsed: what is wrong, and where to read more. */
    static int wrongUse(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("kiln: " + wrongUse(failure));
        UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return ExitCode.USAGE;
    }
}
