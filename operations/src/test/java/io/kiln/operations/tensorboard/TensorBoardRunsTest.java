package io.kiln.operations.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.operations.report.HarmonicRun;
import io.kiln.operations.report.RunHistory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What can be told without TensorBoard. {@code .ci/interoperability} has TensorBoard itself read
 * the file that this test writes into the folder of -Dkiln.interoperability.
 */
class TensorBoardRunsTest {
    private static final int STEPS = 200;

    @TempDir private Path temporary;

    /** The last batch is skipped. */
    private static RunHistory run() {
        return HarmonicRun.of(STEPS, step -> HarmonicRun.step(step, step == STEPS, 1), List.of());
    }

    private static List<byte[]> records(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[Long.BYTES];
            in.get(length);
            assertThat(in.getInt()).isEqualTo(EventFile.maskedCrc(length));
            byte[] record =
                    new byte
                            [Math.toIntExact(
                                    ByteBuffer.wrap(length)
                                            .order(ByteOrder.LITTLE_ENDIAN)
                                            .getLong())];
            in.get(record);
            assertThat(in.getInt()).isEqualTo(EventFile.maskedCrc(record));
            records.add(record);
        }
        return records;
    }

    @Test
    void everyFigureIsARecordAndSkippedBatchesHaveNoLoss() throws IOException {
        String folder = System.getProperty("kiln.interoperability", "");
        Path logs = folder.isEmpty() ? temporary : Path.of(folder).resolve("tensorboard");
        Path file = TensorBoardRuns.write(logs, run());
        assertThat(file.getParent()).isEqualTo(logs.resolve("tiny").resolve("run"));
        List<byte[]> records = records(file);
        assertThat(new String(records.get(0), StandardCharsets.ISO_8859_1))
                .endsWith("brain.Event:2");
        assertThat(records).hasSize(1 + (STEPS - 1) * 6 + 2 + 2);
    }

    /** The value that record_writer.h's crc32c::Mask gives for the CRC32C of "123456789". */
    @Test
    void theMaskIsTensorFlows() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        int crc = 0xe3069283; // the check value of CRC-32C (RFC 3720)
        assertThat(EventFile.maskedCrc(digits)).isEqualTo((crc >>> 15 | crc << 17) + 0xa282ead8);
    }

    @Test
    void writingAgainReplacesTheRun() throws IOException {
        Path first = TensorBoardRuns.write(temporary, run());
        long bytes = Files.size(first);
        assertThat(TensorBoardRuns.write(temporary, run())).isEqualTo(first);
        assertThat(first).hasSize(bytes);
        try (var files = Files.list(first.getParent())) {
            assertThat(files).containsExactly(first);
        }
    }
}
