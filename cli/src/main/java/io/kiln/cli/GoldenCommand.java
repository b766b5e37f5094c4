package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;

import io.kiln.model.torch.Precision;
import io.kiln.model.weights.WeightFileException;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import io.kiln.verification.golden.GoldenCases;
import io.kiln.verification.golden.GoldenReport;

import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code kiln golden}: the network against numbers of the official code. */
@Command(
        name = "golden",
        description = {
            "Compares the network with numbers of the official SparK code.",
            "Computes each case and compares every tensor. A case is a folder with "
                    + "case.json and case.safetensors. Errors are absolute and relative to the "
                    + "tensor's largest value. Crops are bytes: they have no precision."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln golden golden",
            "  kiln golden --precision fp64 --tensors golden/convnext-96"
        })
final class GoldenCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "cases, or folders of cases")
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
        if (precisions.stream().anyMatch(Precision::mixed)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--precision bf16 is not allowed: cases have tolerances for fp32 and fp64");
        }
        List<Path> cases = new ArrayList<>();
        directories.forEach(directory -> cases.addAll(find(directory)));
        PrintWriter out = spec.commandLine().getOut();
        ArrayNode array = Json.MAPPER.createArrayNode();
        boolean passed = true;
        for (Path directory : cases) {
            for (GoldenReport report : compute(directory)) {
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

    private static List<Path> find(Path directory) {
        return read(directory, () -> GoldenCases.find(directory));
    }

    private List<GoldenReport> compute(Path directory) {
        return read(directory, () -> GoldenCases.run(directory, precisions));
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    /** Reads a folder; a failure names it. */
    private static <T> T read(Path directory, Reading<T> reading) {
        try {
            return reading.read();
        } catch (IOException e) {
            throw new OperationException(directory + ": cannot be read (" + e + ")", e);
        } catch (WeightFileException | IllegalArgumentException e) {
            throw new OperationException(directory + ": " + e.getMessage(), e);
        }
    }
}
