package io.kiln.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.weights.WeightFileException;
import io.kiln.model.weights.WeightNames;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import io.kiln.operations.encoder.ImageFolderBatches;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
    /** File formats. */
    enum Format {
        SAFETENSORS,
        TORCHSCRIPT
    }

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
    private Format format;

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
        try (ImageEncoder encoder = ImageEncoder.open(from)) {
            int pictures = recalibrateWith.isPresent() ? recalibrate(encoder) : 0;
            write(encoder);
            report(pictures);
        } catch (WeightFileException | IllegalArgumentException e) {
            throw new OperationException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new OperationException(from + " cannot be exported to " + to + " (" + e + ")", e);
        }
    }

    private int recalibrate(ImageEncoder encoder) throws IOException {
        Path folder = recalibrateWith.orElseThrow();
        if (!Files.isDirectory(folder)) {
            throw new OperationException(
                    "--recalibrate-with " + folder + " is no folder; expected one with pictures");
        }
        if (!encoder.architecture().family().usesBatchNorm()) {
            throw new OperationException(
                    "--recalibrate-with: "
                            + from
                            + " is a ConvNeXt, which has no running statistics; leave the option out");
        }
        InputGeometry geometry = geometry(encoder);
        try (ImageFolderBatches batches =
                new ImageFolderBatches(
                        folder,
                        geometry.height(),
                        geometry.width(),
                        batch,
                        normalisation(encoder))) {
            if (!batches.hasNext()) {
                throw new OperationException(
                        "--recalibrate-with "
                                + folder
                                + ": fewer than "
                                + batch
                                + " pictures; expected at least one batch (--batch)");
            }
            return batch * encoder.recalibrate(geometry, batch, batches);
        }
    }

    /** The size that the encoder was trained on. */
    private InputGeometry geometry(ImageEncoder encoder) {
        return new InputGeometry(
                number(encoder, "height"),
                number(encoder, "width"),
                encoder.architecture().channels(),
                InputGeometry.STRIDE);
    }

    private int number(ImageEncoder encoder, String key) {
        String text = said(encoder, key);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new OperationException(
                    from + ": its metadata say " + key + " " + text + ", expected a number", e);
        }
    }

    private Normalisation normalisation(ImageEncoder encoder) {
        return new Normalisation(numbers(encoder, "mean"), numbers(encoder, "std"));
    }

    private List<Double> numbers(ImageEncoder encoder, String key) {
        String text = said(encoder, key);
        try {
            List<Double> numbers = new ArrayList<>();
            for (JsonNode number : Json.MAPPER.readTree(text)) {
                numbers.add(number.asDouble());
            }
            return numbers;
        } catch (IOException e) {
            throw new OperationException(
                    from + ": its metadata say " + key + " " + text + ", expected numbers", e);
        }
    }

    private String said(ImageEncoder encoder, String key) {
        String text = encoder.metadata().get(key);
        if (text == null) {
            throw new OperationException(
                    from
                            + " does not say its "
                            + key
                            + ", which recalibration needs; expected an encoder that a training run wrote");
        }
        return text;
    }

    /** Under another name first, so that the file is whole or not there. */
    private void write(ImageEncoder encoder) throws IOException {
        Path target = to.toAbsolutePath();
        Path unfinished = target.resolveSibling("." + target.getFileName() + ".part");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(unfinished))) {
                switch (format) {
                    case SAFETENSORS -> encoder.exportSafeTensors(out, names);
                    case TORCHSCRIPT -> encoder.exportTorchScript(out, names);
                }
            }
            Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private void report(int pictures) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        String style = names.name().toLowerCase(Locale.ROOT);
        String kind = format.name().toLowerCase(Locale.ROOT);
        long bytes = Files.size(to);
        if (json) {
            Map<String, Object> facts =
                    Map.of(
                            "file", to.toString(),
                            "format", kind,
                            "names", style,
                            "bytes", bytes,
                            "recalibratedWith", pictures);
            out.println(Json.pretty(Json.MAPPER.valueToTree(new TreeMap<>(facts))));
        } else {
            out.printf(
                    Locale.ROOT,
                    "%s: %s, names of %s, %,d bytes%s%n",
                    to,
                    kind,
                    style,
                    bytes,
                    pictures == 0
                            ? ""
                            : ", batch norms recalibrated with " + pictures + " pictures");
        }
        out.flush();
    }
}
