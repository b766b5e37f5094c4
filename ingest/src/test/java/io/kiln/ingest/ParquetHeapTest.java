package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that hold more than the heap of the process that reads them. */
class ParquetHeapTest {
    private static final int HEAP_MEGABYTES = 32;
    private static final int IMAGES = 200;
    private static final int IMAGE_BYTES = 1 << 18;

    @TempDir Path folder;

    /** What the child process runs: prints how many images each file holds, and what is refused. */
    static final class Reader extends Found {
        private int images;

        public static void main(String[] files) throws InterruptedException {
            for (String file : files) {
                Reader found = new Reader();
                PathSource.of(Path.of(file)).visit(found);
                System.out.println(found.images + " images, refused " + found.refusals);
            }
        }

        @Override
        public void candidate(Origin origin, InputStream content) {
            images++;
        }
    }

    private Path table(String name, int images, int bytes) throws IOException {
        Random random = new Random(3);
        List<byte[]> content = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            byte[] image = new byte[bytes];
            random.nextBytes(image);
            content.add(image);
        }
        Path file = folder.resolve(name);
        Tables.write(file, content);
        return file;
    }

    @Test
    void rowGroupLargerThanTheHeapIsReadAndAPageLargerThanItIsRefused() throws Exception {
        Path large = table("large.parquet", IMAGES, IMAGE_BYTES);
        assertThat(Files.size(large)).isGreaterThan((long) HEAP_MEGABYTES << 20);
        Path page = table("page.parquet", 1, HEAP_MEGABYTES << 20);
        Path last = table("last.parquet", 2, 100);
        List<String> lines = read(large, page, last);
        assertThat(lines.get(0)).startsWith(IMAGES + " images").contains("!" + IMAGES + ": unread");
        assertThat(lines.get(1))
                .startsWith("0 images")
                .contains("too large for a heap", "KILN_JAVA_OPTIONS");
        assertThat(lines.get(2)).startsWith("2 images");
    }

    @Test
    void rowThatWouldFillTheHeapFromAFewBytesDoesNot() throws Exception {
        Path nulls = folder.resolve("nulls.parquet");
        Tables.writeList(nulls, 1_000_000, Optional.empty());
        Path same = folder.resolve("same.parquet");
        Tables.writeList(same, 2_000, Optional.of(new byte[100_000]));
        assertThat(Files.size(nulls) + Files.size(same)).isLessThan(200_000);
        List<String> lines = read(nulls, same);
        assertThat(lines.get(0)).startsWith("0 images").contains("more than 100000 structs");
        assertThat(lines.get(1)).startsWith("2000 images");
    }

    /** Row groups, the columns of the first and its encodings each claim 99,000,000 entries. */
    @Test
    void footerThatClaimsMoreEntriesThanItHoldsIsRefused() throws Exception {
        Path claims = folder.resolve("claims.parquet");
        Tables.writeFooter(
                claims,
                HexFormat.of()
                        .parseHex(
                                "1502192c480172150200150c250018016200160019fcc0bd9a2f19fcc0bd9a2f3c"
                                        + "150c19f5c0bd9a2f"));
        Path last = table("last.parquet", 2, 100);
        List<String> lines = read(claims, last);
        assertThat(lines.get(0)).contains("0 images", "more memory than there is");
        assertThat(lines.get(1)).startsWith("2 images");
    }

    /** What a process of a small heap prints of each file. */
    private List<String> read(Path... files) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx" + HEAP_MEGABYTES + "m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Reader.class.getName()));
        for (Path file : files) {
            command.add(file.toString());
        }
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        List<String> lines = output.lines().toList();
        assertThat(lines).as(Files.readString(errors)).hasSize(files.length);
        return lines;
    }
}
