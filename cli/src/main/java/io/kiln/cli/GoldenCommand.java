package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.WeightFileException;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import io.kiln.verification.golden.GoldenCases;
import io.kiln.verification.golden.GoldenReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln golden}: compares the network with the official code. */
@Command(
        name = "golden",
        description = {
            "Compares the network with results of the official SparK code.",
            "Computes each case and compares every tensor. A case is a folder with case.json and"
                    + " case.safetensors. Errors are absolute, and relative to the largest value of"
                    + " the tensor. Crops consist of bytes and have no precision."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every tensor is within its tolerance",
            "1:a tensor is outside its tolerance, or a case cannot be read",
            "2:wrong usage"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln golden golden",
            "  kiln golden --precision fp64 --tensors golden/convnext-96"
        })
final class GoldenCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "DIR",
            arity = "1..*",
            description = "folder of a case, or folder that holds such folders")
    private List<Path> directories = new ArrayList<>();

    @Option(
            names = "--precision",
            paramLabel = "P",
            split = ",",
            description = "fp32, fp64, or both separated by a comma (default: ${DEFAULT-VALUE})",
            defaultValue = "fp64,fp32")
    private List<Precision> precisions = new ArrayList<>();

    @Option(
            names = "--tensors",
            description = "print every tensor, not only the worst of each group")
    private boolean tensors;

    @Option(names = "--json", description = "print a JSON array with one object per tensor")
    private boolean json;

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
