package io.kiln.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks numbers of options. */
final class Ranges {
    private Ranges() {}

    /**
     * Requires that an option's value is allowed.
     *
     * @throws ParameterException naming the option, its value and what is expected
     */
    static void require(CommandSpec spec, String option, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new ParameterException(
                    spec.commandLine(),
                    option
                            + " "
                            + value
                            + " is not allowed; expected "
                            + lowest
                            + " to "
                            + highest);
        }
    }
}
