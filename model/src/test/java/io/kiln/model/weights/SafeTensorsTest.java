package io.kiln.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsTest {
    @TempDir Path directory;

    private static byte[] sound() throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        ByteBuffer values = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 6; i++) {
            values.putFloat(4 * i, i + 0.5f);
        }
        writer.add("a.weight", TensorType.F32, List.of(2L, 3L), values::duplicate);
        writer.add("count", 7);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.write(out, Map.of("step", "12"));
        return out.toByteArray();
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("w.safetensors"), bytes);
    }

    private static byte[] withHeader(String json, int dataBytes) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + header.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        try (SafeTensorsFile read = SafeTensorsFile.open(file(sound()))) {
            assertThat(read.metadata()).containsEntry("step", "12");
            assertThat(read.tensors())
                    .extracting(TensorHeader::name)
                    .containsExactly("a.weight", "count");
            assertThat(read.doubles("a.weight")).containsExactly(0.5, 1.5, 2.5, 3.5, 4.5, 5.5);
            assertThat(read.doubles("count")).containsExactly(7);
        }
        SafeTensorsStream stream = SafeTensorsStream.open(new ByteArrayInputStream(sound()));
        assertThat(stream.next().getFloat(4)).isEqualTo(1.5f);
        assertThat(stream.next().getLong(0)).isEqualTo(7);
    }

    @Test
    void halfPrecisionFormatsAreRead() {
        ByteBuffer halves = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
        halves.putShort(0, (short) 0x3c00).putShort(2, (short) 0xc500).putShort(4, (short) 0x0001);
        assertThat(TensorValues.toDoubles(halves, TensorType.F16))
                .containsExactly(1.0, -5.0, 0x1.0p-24);
        ByteBuffer brain =
                ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN).putShort(0, (short) 0xc0a0);
        assertThat(TensorValues.toDoubles(brain, TensorType.BF16)).containsExactly(-5.0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | 4 | offsets 0 to 4; expected 8",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | 8 | begins at byte 4",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}} | 6 | begins at byte 2",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | 4 | cut short",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 8 | longer than it says",
                "{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 | type F31",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}} | 0 | larger than any file",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,-4]}} | 0 | size -1",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}} | 4 | 1.5 where a whole number",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}} | 0 | Duplicate field 'a'",
                "[1,2] | 0 | not a JSON object",
                "{\"a\":1} | 0 | lacks dtype",
                "{\"a\" | 0 | not valid JSON"
            })
    void damagedHeaderIsNamedWithItsFile(String header, int dataBytes, String expected)
            throws IOException {
        Path file = file(withHeader(header, dataBytes));
        assertThatThrownBy(() -> SafeTensorsFile.open(file))
                .isInstanceOf(WeightFileException.class)
                .hasMessageContaining("w.safetensors")
                .hasMessageContaining(expected);
    }

    @Test
    void lyingLengthIsRefusedWithoutAllocatingIt() throws IOException {
        byte[] bytes =
                ByteBuffer.allocate(16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0, Long.MAX_VALUE)
                        .array();
        assertThatThrownBy(() -> SafeTensorsFile.open(file(bytes)))
                .isInstanceOf(WeightFileException.class)
                .hasMessageContaining("9223372036854775807");
        assertThatThrownBy(() -> SafeTensorsFile.open(file(new byte[3])))
                .hasMessageContaining("too few");
        byte[] notText = withHeader("{\"a\":1}", 0);
        notText[10] = (byte) 0xff;
        assertThatThrownBy(() -> SafeTensorsFile.open(file(notText)))
                .hasMessageContaining("not UTF-8");
    }

    @Test
    void mutatedFilesAreReadOrRefusedNothingElse() throws IOException {
        byte[] sound = sound();
        long seed = 20_240_601;
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            byte[] mutated =
                    random.nextInt(4) == 0
                            ? java.util.Arrays.copyOf(sound, random.nextInt(sound.length))
                            : sound.clone();
            for (int k = random.nextInt(4); k >= 0 && mutated.length > 0; k--) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
            }
            try (SafeTensorsFile file = SafeTensorsFile.open(file(mutated))) {
                for (TensorHeader tensor : file.tensors()) {
                    file.doubles(tensor.name());
                }
            } catch (WeightFileException e) {
                refused++;
            } catch (IOException | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", file " + i + ": " + e, e);
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }
}
