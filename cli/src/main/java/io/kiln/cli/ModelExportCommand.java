package io.kiln.cli;

import io.kiln.model.weights.WeightNames;
import io.kiln.operations.console.Json;
import io.kiln.operations.encoder.EncoderConversion;
import io.kiln.operations.encoder.EncoderConversion.Recalibration;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln model export}: writes an encoder in another format or under other names. */
@Command(
        name = "export",
        description = {
            "Writes an encoder as safetensors or TorchScript.",
            "A TorchScript file is self-contained: torch.jit.load and DJL run it. It maps"
                    + " normalised images [images, channels, height, width] of any size to a list"
                    + " of five: the features at strides 4, 8, 16 and 32, and the embedding"
                    + " [images, values]."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln model export --from model.safetensors --to encoder.pt \\",
            "      --format torchscript",
            "  kiln model export --from model.safetensors --to dense.safetensors \\",
            "      --recalibrate-with images"
        })
final class ModelExportCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "FILE",
            description = "encoder file that Kiln wrote, with weight names of any style")
    private Path from;

    @Option(names = "--to", required = true, paramLabel = "FILE", description = "file to write")
    private Path to;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "safetensors",
            description = "file format: safetensors or torchscript (default: ${DEFAULT-VALUE})")
    private EncoderConversion.Format format;

    @Option(
            names = "--names",
            paramLabel = "NAMES",
            defaultValue = "timm",
            description =
                    "names of the weights: timm, spark or official (default: ${DEFAULT-VALUE})")
    private WeightNames names;

    @Option(
            names = "--recalibrate-with",
            paramLabel = "DIR",
            description =
                    "folder of images to compute the running statistics of the batch norms from; a"
                            + " published encoder has those of one batch")
    private Optional<Path> recalibrateWith = Optional.empty();

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "images per batch of the recalibration (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    @Override
    public void run() {
        if (batch < 1 || batch > 4096) {
            throw new ParameterException(
                    spec.commandLine(), "--batch " + batch + " is not allowed; expected 1 to 4096");
        }
        int images =
                EncoderConversion.export(
                        from,
                        to,
                        format,
                        names,
                        recalibrateWith.map(folder -> new Recalibration(folder, batch)));
        report(images);
    }

    private void report(int images) {
        PrintWriter out = spec.commandLine().getOut();
        String style = names.name().toLowerCase(Locale.ROOT);
        String kind = format.name().toLowerCase(Locale.ROOT);
        long bytes = to.toFile().length();
        if (json) {
            Map<String, Object> facts =
                    Map.of(
                            "file", to.toString(),
                            "format", kind,
                            "names", style,
                            "bytes", bytes,
                            "recalibratedWith", images);
            out.println(Json.pretty(Json.MAPPER.valueToTree(new TreeMap<>(facts))));
        } else {
            out.printf(
                    Locale.ROOT,
                    "%s: %s, %s names, %,d bytes%s%n",
                    to,
                    kind,
                    style,
                    bytes,
                    images == 0 ? "" : ", batch norms recalibrated with " + images + " images");
        }
        out.flush();
    }
}
