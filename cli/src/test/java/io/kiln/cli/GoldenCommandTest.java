package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A case whose crop is the whole image, mirrored, so that its result is known by heart. */
class GoldenCommandTest {
    private static final double[] MEAN = {0.485, 0.456, 0.406};
    private static final double[] STD = {0.229, 0.224, 0.225};

    @TempDir Path directory;
    private Path golden;

    @BeforeEach
    void describeTheCase() throws IOException {
        golden = Files.createDirectories(directory.resolve("mirror"));
        Files.writeString(
                golden.resolve("case.json"),
                """
                {"kind": "crops",
                 "crops": [{"top": 0, "left": 0, "height": 2, "width": 2, "size": 2, "flip": true}],
                 "tolerance": {"result": 1, "normalised": 0.02}}
                """);
    }

    private void write(int differing) throws IOException {
        byte[] image = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, (byte) 200};
        byte[] result = {30, 40, 50, 0, 10, 20, 90, 100, (byte) 200, 60, 70, 80};
        ByteBuffer normalised =
                ByteBuffer.allocate(Float.BYTES * result.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < result.length; i++) {
            int channel = i / 4;
            double value = (result[i % 4 * 3 + channel] & 0xff) / 255.0;
            normalised.putFloat(Float.BYTES * i, (float) ((value - MEAN[channel]) / STD[channel]));
        }
        result[5] += (byte) differing;
        SafeTensorsWriter writer = new SafeTensorsWriter();
        List<Long> shape = List.of(2L, 2L, 3L);
        writer.add("image.0", TensorType.U8, shape, () -> ByteBuffer.wrap(image));
        writer.add("result.0", TensorType.U8, shape, () -> ByteBuffer.wrap(result));
        writer.add("normalised.0", TensorType.F32, List.of(3L, 2L, 2L), () -> normalised);
        try (OutputStream out = Files.newOutputStream(golden.resolve("case.safetensors"))) {
            writer.write(out, Map.of());
        }
    }

    @Test
    void aFolderOfCasesIsComputedAndItsErrorsAreAbsolute() throws IOException {
        write(1);
        Cli run = Cli.run("golden", "--tensors", directory.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("mirror in fp32: all 2 tensors within tolerance")
                .containsPattern("result.0 +result \\(1\\) +1.00e\\+00")
                .contains("1.00e+00 absolute", "2.00e-02 absolute");
    }

    @Test
    void aValueBeyondTheToleranceFailsTheRun() throws IOException {
        write(2);
        Cli run = Cli.run("golden", golden.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("1 of 2 tensors exceed their tolerance", "EXCEEDED");
    }
}
