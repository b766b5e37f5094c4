package io.kiln.cli;

import io.kiln.model.weights.WeightNames;
import io.kiln.operations.console.Json;
import io.kiln.operations.encoder.EncoderExport;
import io.kiln.operations.encoder.EncoderExport.Recalibration;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@code kiln model export}: an encoder in another format, under other names. */
@Command(
        name = "export",
        description = {
            "Writes an encoder as safetensors or TorchScript.",
            "A TorchScript file stands alone: torch.jit.load and DJL run it on images "
                    + "[images, channels, height, width], normalised, of any size, to the list of "
                    + "features at strides 4, 8, 16 and 32."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln model export --from encoder.safetensors --format torchscript --to encoder.pt",
            "  kiln model export --from encoder.safetensors --recalibrate-with pictures --to dense.safetensors"
        })
final class ModelExportCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "FILE",
            description = "an encoder that Kiln wrote, under names of any style")
    private Path from;

    @Option(names = "--to", required = true, paramLabel = "FILE", description = "what to write")
    private Path to;

    @Option(
            names = "--format",
            defaultValue = "safetensors",
            description = "safetensors or torchscript (default: ${DEFAULT-VALUE})")
    private EncoderExport.Format format;

    @Option(
            names = "--names",
            defaultValue = "timm",
            description =
                    "what the weights are called: timm, spark or official (default: ${DEFAULT-VALUE})")
    private WeightNames names;

    @Option(
            names = "--recalibrate-with",
            paramLabel = "DIR",
            description =
                    "pictures whose statistics replace the running ones of the batch norms, which are "
                            + "those of masked images")
    private Optional<Path> recalibrateWith = Optional.empty();

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "pictures a batch of the recalibration (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--json", description = "one object, for scripts")
    private boolean json;

    @Override
    public void run() {
        if (batch < 1 || batch > 4096) {
            throw new ParameterException(
                    spec.commandLine(), "--batch " + batch + " is not allowed; expected 1 to 4096");
        }
        int images =
                EncoderExport.export(
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
                    "%s: %s, names of %s, %,d bytes%s%n",
                    to,
                    kind,
                    style,
                    bytes,
                    images == 0 ? "" : ", batch norms recalibrated with " + images + " images");
        }
        out.flush();
    }
}
