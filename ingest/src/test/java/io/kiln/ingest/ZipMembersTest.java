package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.TestImages;
import io.kiln.ingest.Refusal.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ZipMembersTest {
    private static final int CENTRAL_HEADER = 0x02014b50;

    @TempDir Path folder;

    private Found found(byte[] archive) throws IOException, InterruptedException {
        return Found.in(PathSource.of(Files.write(folder.resolve("a"), archive)));
    }

    private String name(String member) {
        return folder.resolve("a") + "!" + member;
    }

    private static Map<String, byte[]> twoImages() throws IOException {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("z/1.png", TestImages.png(1));
        members.put("2.png", TestImages.png(2));
        return members;
    }

    @Test
    void tarArchivesInAZipAreRead() throws Exception {
        byte[] tar = Archives.tar(Map.of("1.png", TestImages.png(1)));
        Found found = found(Archives.zip(Map.of("a.tar", tar)));
        assertThat(found.candidates.values()).containsExactly(TestImages.png(1));
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void membersComeInTheOrderOfTheArchive() throws Exception {
        Found found = found(Archives.zip(twoImages()));
        assertThat(found.candidates.keySet()).containsExactly(name("z/1.png"), name("2.png"));
        assertThat(found.candidates.get(name("2.png"))).isEqualTo(TestImages.png(2));
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void emptyArchiveHoldsNothing() throws Exception {
        Found found = found(Archives.zip(Map.of()));
        assertThat(found.candidates).isEmpty();
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void archiveCutOffIsRefused() throws Exception {
        byte[] whole = Archives.zip(twoImages());
        Found found = found(Arrays.copyOf(whole, whole.length - 30));
        assertThat(found.candidates).isEmpty();
        assertThat(found.reasons()).containsExactly(Reason.BROKEN_ARCHIVE);
        assertThat(found.refusals.get(0).origin().name()).isEqualTo(folder.resolve("a").toString());
    }

    @Test
    void damagedMemberIsRefusedAndTheOthersAreRead() throws Exception {
        byte[] archive = Archives.zip(twoImages());
        Arrays.fill(archive, 60, 100, (byte) 0xff);
        Found found = found(archive);
        assertThat(found.candidates.keySet()).containsExactly(name("2.png"));
        assertThat(found.refusals)
                .singleElement()
                .satisfies(r -> assertThat(r.origin().name()).isEqualTo(name("z/1.png")))
                .satisfies(r -> assertThat(r.reason()).isEqualTo(Reason.UNREADABLE));
    }

    @Test
    void memberThatUnpacksToMuchMoreThanItsHeaderSaysIsReadOnlyAsFarAsAsked() throws Exception {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("bomb.png", new byte[200 * 1024 * 1024]);
        members.put("after.png", TestImages.png(1));
        byte[] archive = Archives.zip(members);
        ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(centralHeader(bytes) + 24, 10);
        Found found = found(archive);
        assertThat(found.candidates.get(name("bomb.png")))
                .hasSizeLessThanOrEqualTo(Found.KEPT_BYTES);
        assertThat(found.candidates.get(name("after.png"))).isEqualTo(TestImages.png(1));
    }

    @Test
    void encryptedMemberIsRefused() throws Exception {
        byte[] archive = Archives.zip(Map.of("1.png", TestImages.png(1)));
        ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
        int header = centralHeader(bytes);
        bytes.putShort(header + 8, (short) (bytes.getShort(header + 8) | 1));
        assertThat(found(archive).refusals)
                .singleElement()
                .hasToString(name("1.png") + ": unreadable (encrypted)");
    }

    @Test
    void unknownCompressionIsRefused() throws Exception {
        for (short method : new short[] {95, 99, 12345}) {
            byte[] archive = Archives.zip(Map.of("1.png", TestImages.png(1)));
            ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putShort(centralHeader(bytes) + 10, method);
            assertThat(found(archive).refusals)
                    .singleElement()
                    .satisfies(r -> assertThat(r.detail()).contains("zip's method " + method));
        }
    }

    @Test
    void foldersLinksAndHiddenMembersAreNoCandidates() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
            put(zip, new ZipArchiveEntry("folder/"), new byte[0]);
            put(zip, new ZipArchiveEntry("folder/1.png"), TestImages.png(1));
            ZipArchiveEntry link = new ZipArchiveEntry("link.png");
            link.setUnixMode(0120777);
            put(zip, link, "/etc/passwd".getBytes(StandardCharsets.UTF_8));
            put(zip, new ZipArchiveEntry("folder/.x.png"), TestImages.png(2));
        }
        Found found = found(bytes.toByteArray());
        assertThat(found.candidates.keySet()).containsExactly(name("folder/1.png"));
        assertThat(found.hidden).isEqualTo(1);
        assertThat(found.refusals).isEmpty();
    }

    private static void put(ZipArchiveOutputStream zip, ZipArchiveEntry entry, byte[] content)
            throws IOException {
        zip.putArchiveEntry(entry);
        zip.write(content);
        zip.closeArchiveEntry();
    }

    private static int centralHeader(ByteBuffer archive) {
        for (int i = 0; i < archive.limit() - 4; i++) {
            if (archive.getInt(i) == CENTRAL_HEADER) {
                return i;
            }
        }
        throw new AssertionError("no central header");
    }
}
