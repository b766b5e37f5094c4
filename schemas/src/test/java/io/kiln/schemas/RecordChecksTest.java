package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordChecksTest {
    /** One image of two patches of one pixel each; the second one is active. */
    private static SparseBatch batch(SampleType type, int sampleBytes) {
        ByteBuffer coordinates = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        coordinates.putInt(0).putInt(0).putInt(1);
        return new SparseBatch(
                "batch",
                new Geometry(1, 2, 3, 1, 1, 2),
                0.5,
                42L,
                List.of(new ImageOrigin("a", "images", 0, 0L, 0, 0, 0, 1, 2, false, false)),
                coordinates.flip(),
                ByteBuffer.allocate(3 * sampleBytes),
                ByteBuffer.allocate(3 * sampleBytes),
                type,
                List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "UINT8, 1, true",
        "UINT8, 2, false",
        "UINT16, 1, false",
        "UINT16, 2, true",
        "UNKNOWN, 4, true",
        "UNKNOWN, 9, false"
    })
    void samplesHaveAsManyBytesAsTheirType(SampleType type, int bytes, boolean possible) {
        Throwable found = catchThrowable(() -> RecordChecks.require(batch(type, bytes)));
        if (possible) {
            assertThat(found).isNull();
        } else {
            assertThat(found)
                    .isInstanceOf(RecordFormatException.class)
                    .hasMessageEndingWith("expected 1 patches of 3 values of type " + type);
        }
    }
}
