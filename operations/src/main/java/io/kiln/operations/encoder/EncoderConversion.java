package io.kiln.operations.encoder;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.weights.WeightFileException;
import io.kiln.model.weights.WeightNames;
import io.kiln.operations.OperationException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Writes an encoder file in another format, under other names, with other batch norm statistics.
 */
public final class EncoderConversion {
    /** File formats. */
    public enum Format {
        SAFETENSORS,
        TORCHSCRIPT
    }

    /**
     * Images whose statistics replace those of the batch norms.
     *
     * @param folder of the images
     * @param batch images in a batch
     */
    public record Recalibration(Path folder, int batch) {}

    private final Path source;
    private final ImageEncoder encoder;

    private EncoderConversion(Path source, ImageEncoder encoder) {
        this.source = source;
        this.encoder = encoder;
    }

    /**
     * Exports an encoder. The target appears whole or not at all.
     *
     * @param source an encoder that a training run wrote, under names of any style
     * @return number of images that the batch norms were recalibrated with
     * @throws OperationException if the source is no encoder, the recalibration is impossible, or a
     *     file cannot be read or written
     */
    public static int export(
            Path source,
            Path target,
            Format format,
            WeightNames names,
            Optional<Recalibration> recalibration) {
        try (ImageEncoder encoder = ImageEncoder.open(source)) {
            EncoderConversion export = new EncoderConversion(source, encoder);
            int images = recalibration.isPresent() ? export.recalibrate(recalibration.get()) : 0;
            export.write(target.toAbsolutePath(), format, names);
            return images;
        } catch (WeightFileException | IllegalArgumentException e) {
            throw new OperationException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new OperationException(
                    source + " cannot be exported to " + target + " (" + e + ")", e);
        }
    }

    private int recalibrate(Recalibration recalibration) throws IOException {
        Path folder = recalibration.folder();
        int batch = recalibration.batch();
        if (!Files.isDirectory(folder)) {
            throw new OperationException(
                    "--recalibrate-with "
                            + folder
                            + " is not a folder; expected a folder of images");
        }
        if (!encoder.architecture().family().usesBatchNorm()) {
            throw new OperationException(
                    "--recalibrate-with: "
                            + source
                            + " is a ConvNeXt, which has no running statistics; leave the option out");
        }
        EncoderInput input = EncoderInput.of(encoder, source);
        InputGeometry geometry = input.geometry();
        try (ImageFolderBatches batches =
                new ImageFolderBatches(
                        folder,
                        geometry.height(),
                        geometry.width(),
                        batch,
                        input.scale(),
                        input.normalisation())) {
            if (!batches.hasNext()) {
                throw new OperationException(
                        "--recalibrate-with "
                                + folder
                                + " holds fewer than "
                                + batch
                                + " images; expected at least one batch (--batch)");
            }
            return batch * encoder.recalibrate(geometry, batch, batches);
        }
    }

    private void write(Path target, Format format, WeightNames names) throws IOException {
        Path partial = target.resolveSibling("." + target.getFileName() + ".part");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial))) {
                switch (format) {
                    case SAFETENSORS -> encoder.exportSafeTensors(out, names);
                    case TORCHSCRIPT -> encoder.exportTorchScript(out, names);
                }
            }
            Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }
}
