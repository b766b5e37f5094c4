package io.kiln.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln bench}: measures this machine. */
@Command(
        name = "bench",
        synopsisSubcommandLabel = "(step | masking | round | gemm)",
        description = "Measures how fast this machine trains and masks.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln bench step --arch resnet50 --size 224 --batch 16",
            "  kiln bench masking --images ~/Pictures"
        },
        subcommands = {
            BenchStepCommand.class,
            BenchMaskingCommand.class,
            BenchRoundCommand.class,
            BenchGemmCommand.class
        })
final class BenchCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "expected: kiln bench step, masking, round or gemm");
    }
}
