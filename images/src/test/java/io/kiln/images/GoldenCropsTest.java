package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Crops that Pillow made. Skipped where the reference data is not at hand. */
class GoldenCropsTest {
    @Test
    void cropsAreByteForByteThoseOfPillow() throws Exception {
        Path directory = Path.of(System.getProperty("kiln.golden", "../../shared/golden"), "crops");
        assumeTrue(
                Files.exists(directory.resolve("case.json")),
                "no reference data in " + directory + "; name its folder with -Dkiln.golden");
        ObjectMapper json = new ObjectMapper();
        JsonNode crops = json.readTree(directory.resolve("case.json").toFile()).get("crops");
        byte[] file = Files.readAllBytes(directory.resolve("case.safetensors"));
        long headerBytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        JsonNode header = json.readTree(file, 8, (int) headerBytes);
        int data = 8 + (int) headerBytes;
        assertThat(crops.size()).isPositive();
        for (int k = 0; k < crops.size(); k++) {
            JsonNode crop = crops.get(k);
            Bitmap resized =
                    Resampler.cropAndResize(
                            tensor(file, data, header.get("image." + k)),
                            new Crop(
                                    crop.get("top").asInt(),
                                    crop.get("left").asInt(),
                                    crop.get("height").asInt(),
                                    crop.get("width").asInt()),
                            crop.get("size").asInt(),
                            crop.get("size").asInt());
            if (crop.get("flip").asBoolean()) {
                Resampler.flip(resized);
            }
            Bitmap expected = tensor(file, data, header.get("result." + k));
            assertThat(Arrays.mismatch(resized.samples(), expected.samples()))
                    .as("first byte that differs of crop %d: %s", k, crop)
                    .isEqualTo(-1);
        }
    }

    private static Bitmap tensor(byte[] file, int data, JsonNode entry) {
        JsonNode range = entry.get("data_offsets");
        byte[] bytes =
                Arrays.copyOfRange(file, data + range.get(0).asInt(), data + range.get(1).asInt());
        return Bitmap.rgb(
                entry.get("shape").get(0).asInt(), entry.get("shape").get(1).asInt(), bytes);
    }
}
