package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.kiln.images.TestImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever an archive holds, reading it ends, with members or with refusals. */
@Timeout(120)
class MutatedArchivesTest {
    private static final int CASES = 1000;

    @ParameterizedTest
    @ValueSource(strings = {"tar", "zip", "gz", "bzip2", "zstd"})
    void mutatedArchiveIsReadOrRefused(String kind, @TempDir Path folder) throws Exception {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("1.png", TestImages.png(1));
        members.put("n".repeat(200) + ".png", TestImages.png(2));
        members.put("3.png", TestImages.png(3));
        byte[] tar = Archives.tar(members);
        byte[] whole =
                switch (kind) {
                    case "tar" -> tar;
                    case "zip" -> Archives.zip(members);
                    default -> Archives.compressed(kind, tar);
                };
        Path file = folder.resolve("a");
        long seed = kind.hashCode();
        Random random = new Random(seed);
        int damaged = 0;
        for (int i = 0; i < CASES; i++) {
            Files.write(file, mutated(whole, random));
            try {
                Found found = Found.in(PathSource.of(file));
                damaged += found.refusals.isEmpty() ? 0 : 1;
                assertThat(found.consumed)
                        .as("%s, seed %d, case %d", kind, seed, i)
                        .isEqualTo(Files.size(file));
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                fail("%s, seed %d, case %d".formatted(kind, seed, i), e);
            }
        }
        assertThat(damaged).as("%s, seed %d: cases that were refused", kind, seed).isPositive();
    }

    private static byte[] mutated(byte[] whole, Random random) {
        byte[] bytes =
                random.nextInt(4) == 0
                        ? Arrays.copyOf(whole, 1 + random.nextInt(whole.length))
                        : whole.clone();
        int changes = 1 + random.nextInt(8);
        for (int i = 0; i < changes; i++) {
            byte[] special = {0, (byte) 0xff, 0x7f, (byte) 0x80, (byte) random.nextInt()};
            bytes[random.nextInt(bytes.length)] = special[random.nextInt(special.length)];
        }
        return bytes;
    }
}
