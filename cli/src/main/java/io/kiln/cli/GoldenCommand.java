package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.kiln.model.Precision;
import io.kiln.model.golden.GoldenCase;
import io.kiln.model.golden.GoldenReport;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln golden}: the network against numbers of the official code. */
@Command(
        name = "golden",
        description = {
            "Compares the network with numbers of the official SparK code.",
            "Computes each case and compares every tensor. A case is a folder with "
                    + "case.json and case.safetensors. Errors are absolute and relative to the "
                    + "tensor's largest value."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln golden golden/resnet-bottleneck-64 golden/convnext-96",
            "  kiln golden --precision fp64 --tensors golden/convnext-96"
        })
final class GoldenCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "folders of cases")
    private List<Path> directories = new ArrayList<>();

    @Option(
            names = "--precision",
            split = ",",
            description = "fp32, fp64 or both, separated by a comma (default: ${DEFAULT-VALUE})",
            defaultValue = "fp64,fp32")
    private List<Precision> precisions = new ArrayList<>();

    @Option(
            names = "--tensors",
            description = "a line for each tensor, not only for the worst of each group")
    private boolean tensors;

    @Option(names = "--json", description = "an array with an object a tensor, for scripts")
    private boolean json;

    /** 0 if every tensor is within its tolerance, else 1. */
    @Override
    public Integer call() {
        directories.forEach(GoldenCommand::requireCase);
        PrintWriter out = spec.commandLine().getOut();
        ArrayNode array = Json.MAPPER.createArrayNode();
        boolean passed = true;
        for (Path directory : directories) {
            for (Precision precision : precisions) {
                GoldenReport report = compute(directory, precision);
                passed &= report.passes();
                if (json) {
                    GoldenListing.json(report, array);
                } else {
                    out.println(GoldenListing.text(report, tensors));
                }
                out.flush();
            }
        }
        if (json) {
            out.println(Json.pretty(array));
            out.flush();
        }
        return passed ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static void requireCase(Path directory) {
        if (!Files.isRegularFile(directory.resolve("case.json"))) {
            throw new CommandFailure(
                    directory
                            + ": there is no case.json; expected a folder with case.json and case.safetensors");
        }
    }

    private static GoldenReport compute(Path directory, Precision precision) {
        try {
            return GoldenCase.run(directory, precision);
        } catch (IOException e) {
            throw new CommandFailure(directory + ": cannot be read (" + e + ")", e);
        } catch (WeightFileException | IllegalArgumentException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }
}
