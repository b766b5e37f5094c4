package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.images.ImageFormat;
import io.kiln.images.TestImages;
import io.kiln.ingest.Refusal.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TarMembersTest {
    private static final int RECORD = 512;

    @TempDir Path folder;

    private Found found(byte[] archive) throws IOException, InterruptedException {
        return Found.in(PathSource.of(Files.write(folder.resolve("a"), archive)));
    }

    private String name(String member) {
        return folder.resolve("a") + "!" + member;
    }

    private static Map<String, byte[]> threeImages() throws IOException {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("z/1.png", TestImages.png(1));
        members.put("a/" + "long".repeat(60) + ".png", TestImages.png(2));
        members.put("3.png", TestImages.png(3));
        return members;
    }

    private void assertHoldsThreeImages(Found found) throws IOException {
        assertThat(found.candidates.keySet())
                .containsExactly(
                        name("z/1.png"), name("a/" + "long".repeat(60) + ".png"), name("3.png"));
        assertThat(found.candidates.get(name("3.png"))).isEqualTo(TestImages.png(3));
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void membersComeInTheOrderOfTheArchive() throws Exception {
        assertHoldsThreeImages(found(Archives.tar(threeImages())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gz", "bzip2", "zstd"})
    void compressedArchivesAreReadToo(String compression) throws Exception {
        assertHoldsThreeImages(
                found(Archives.compressed(compression, Archives.tar(threeImages()))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gz", "bzip2", "zstd"})
    void archiveInSeveralCompressedPiecesIsReadWhole(String compression) throws Exception {
        byte[] tar = Archives.tar(threeImages());
        ByteArrayOutputStream pieces = new ByteArrayOutputStream();
        int half = tar.length / 2;
        pieces.write(Archives.compressed(compression, Arrays.copyOf(tar, half)));
        pieces.write(Archives.compressed(compression, Arrays.copyOfRange(tar, half, tar.length)));
        assertHoldsThreeImages(found(pieces.toByteArray()));
    }

    @Test
    void zerosBehindCompressedPiecesAreNoPartOfThem() throws Exception {
        byte[] tar = Archives.tar(threeImages());
        int half = tar.length / 2;
        byte[] first = Archives.compressed("gz", Arrays.copyOf(tar, half));
        byte[] second = Archives.compressed("gz", Arrays.copyOfRange(tar, half, tar.length));
        assertHoldsThreeImages(found(concatenated(first, new byte[7], second, new byte[10_000])));
        Found junk = found(concatenated(first, second, new byte[] {'j', 'u', 'n', 'k'}));
        assertThat(junk.candidates).hasSize(3);
        assertThat(junk.reasons()).containsExactly(Reason.BROKEN_ARCHIVE);
    }

    @Test
    void compressedFileWithoutAnArchiveIsNoImage() throws Exception {
        Found found = found(Archives.compressed("gz", TestImages.png(1)));
        assertThat(found.refusals)
                .singleElement()
                .hasToString(
                        folder.resolve("a")
                                + ": not an image (a gzip-compressed file that holds no tar archive)");
    }

    @Test
    void xzIsRefusedWithWhatToDo() throws Exception {
        Found found = found(new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 0, 0});
        assertThat(found.reasons()).containsExactly(Reason.UNREADABLE);
        assertThat(found.refusals.get(0).detail()).contains("xz").contains("gzip, bzip2 or zstd");
    }

    @Test
    void archiveCutOffInAMemberGivesTheMembersBefore() throws Exception {
        byte[] tar = Archives.tar(Map.of("1.png", TestImages.png(1)));
        byte[] second = Archives.tar(Map.of("2.png", new byte[5000]));
        int first = RECORD + (TestImages.png(1).length + RECORD - 1) / RECORD * RECORD;
        byte[] joined = Arrays.copyOf(tar, first + RECORD + 1000);
        System.arraycopy(second, 0, joined, first, RECORD + 1000);
        Found found = found(joined);
        assertThat(found.candidates.keySet()).containsExactly(name("1.png"));
        assertThat(found.reasons()).containsExactly(Reason.UNREADABLE, Reason.BROKEN_ARCHIVE);
        assertThat(found.refusals.get(0).origin().name()).isEqualTo(name("2.png"));
        assertThat(found.refusals.get(1).detail()).startsWith("nothing after member 1 can be read");
    }

    @Test
    void archiveCutOffInCompressedDataGivesTheMembersBefore() throws Exception {
        byte[] noise = new byte[300_000];
        new Random(7).nextBytes(noise);
        Map<String, byte[]> members = threeImages();
        members.put("noise", noise);
        byte[] whole = Archives.compressed("gz", Archives.tar(members));
        Found found = found(Arrays.copyOf(whole, whole.length - 500));
        assertThat(found.candidates).hasSize(3);
        assertThat(found.reasons()).containsExactly(Reason.UNREADABLE, Reason.BROKEN_ARCHIVE);
    }

    private static byte[] concatenated(byte[]... archives) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] archive : archives) {
            all.writeBytes(archive);
        }
        return all.toByteArray();
    }

    @Test
    void archivesThatFollowEachOtherAreAllRead() throws Exception {
        byte[] first = Archives.tar(Map.of("1.png", TestImages.png(1)));
        byte[] second = Archives.tar(Map.of("2.png", TestImages.png(2)));
        byte[] third = Archives.tar(Map.of("3.png", TestImages.png(3)));
        byte[] all = concatenated(first, second, new byte[2 * RECORD], third);
        for (byte[] archive : new byte[][] {all, Archives.compressed("gz", all)}) {
            Found found = found(archive);
            assertThat(found.candidates.keySet())
                    .containsExactly(name("1.png"), name("2.png"), name("3.png"));
            assertThat(found.refusals).isEmpty();
        }
    }

    @Test
    void whatFollowsAnArchiveAndIsNoneIsNamed() throws Exception {
        byte[] tar = Archives.tar(Map.of("1.png", TestImages.png(1)));
        byte[] junk = new byte[2 * RECORD];
        Arrays.fill(junk, (byte) 'x');
        Found found = found(concatenated(tar, junk));
        assertThat(found.candidates.keySet()).containsExactly(name("1.png"));
        assertThat(found.refusals)
                .singleElement()
                .asString()
                .contains("nothing after member 1", "what follows the end of the archive");
    }

    /** As ImageNet is downloaded: a tar of a tar a class. */
    @Test
    void tarArchivesInATarAreReadOneLevelDeep() throws Exception {
        byte[] inner = Archives.tar(Map.of("1.JPEG", TestImages.encoded("jpg", 16, 1)));
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("n01.tar", inner);
        members.put("n02.tar.gz", Archives.compressed("gz", inner));
        members.put("plain.png", TestImages.png(2));
        members.put("deep.tar", Archives.tar(Map.of("n03.tar", inner)));
        members.put("more.zip", Archives.zip(Map.of("4.png", TestImages.png(4))));
        Found found = found(Archives.tar(members));
        assertThat(found.candidates.keySet())
                .containsExactly(
                        name("n01.tar!1.JPEG"),
                        name("n02.tar.gz!1.JPEG"),
                        name("plain.png"),
                        name("deep.tar!n03.tar"));
        assertThat(ImageFormat.detect(found.candidates.get(name("deep.tar!n03.tar")))).isEmpty();
        assertThat(found.refusals)
                .singleElement()
                .asString()
                .contains("more.zip", "a zip archive inside another file; unpack the outer one");
    }

    @Test
    void brokenArchiveInATarSpoilsOnlyItself() throws Exception {
        byte[] inner = Archives.tar(Map.of("1.png", new byte[5000]));
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("broken.tar", Arrays.copyOf(inner, 2 * RECORD));
        members.put("after.png", TestImages.png(2));
        Found found = found(Archives.tar(members));
        assertThat(found.candidates).containsKey(name("after.png"));
        assertThat(found.reasons()).containsExactly(Reason.UNREADABLE, Reason.BROKEN_ARCHIVE);
    }

    @Test
    void archiveWithoutItsEndMarkIsWhole() throws Exception {
        byte[] tar = Archives.tar(Map.of("1.png", TestImages.png(1)));
        int end = RECORD + (TestImages.png(1).length + RECORD - 1) / RECORD * RECORD;
        Found found = found(Arrays.copyOf(tar, end));
        assertThat(found.candidates.keySet()).containsExactly(name("1.png"));
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void foldersLinksAndHiddenMembersAreNoCandidates() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            put(tar, new TarArchiveEntry("folder/"), new byte[0]);
            put(tar, new TarArchiveEntry("folder/1.png"), TestImages.png(1));
            TarArchiveEntry link = new TarArchiveEntry("link.png", TarConstants.LF_SYMLINK);
            link.setLinkName("/etc/passwd");
            put(tar, link, new byte[0]);
            TarArchiveEntry hardLink = new TarArchiveEntry("hard.png", TarConstants.LF_LINK);
            hardLink.setLinkName("folder/1.png");
            put(tar, hardLink, new byte[0]);
            put(tar, new TarArchiveEntry("folder/._1.png"), TestImages.png(2));
        }
        Found found = found(bytes.toByteArray());
        assertThat(found.candidates.keySet()).containsExactly(name("folder/1.png"));
        assertThat(found.hidden).isEqualTo(1);
        assertThat(found.refusals).isEmpty();
    }

    private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, byte[] content)
            throws IOException {
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    @Test
    void memberThatUnpacksToMuchMoreIsReadOnlyAsFarAsAsked() throws Exception {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("bomb.png", new byte[200 * 1024 * 1024]);
        members.put("after.png", TestImages.png(1));
        byte[] bomb = Archives.compressed("gz", Archives.tar(members));
        assertThat(bomb.length).isLessThan(1024 * 1024);
        Found found = found(bomb);
        assertThat(found.candidates.get(name("bomb.png"))).hasSize(Found.KEPT_BYTES);
        assertThat(found.candidates.get(name("after.png"))).isEqualTo(TestImages.png(1));
    }

    @ParameterizedTest
    @ValueSource(bytes = {TarConstants.LF_GNUTYPE_LONGNAME, TarConstants.LF_PAX_EXTENDED_HEADER_LC})
    void headerOfManyMegabytesBreaksTheArchiveNotTheHeap(byte type) throws Exception {
        byte[] huge = new byte[200 * 1024 * 1024];
        byte[] length = (huge.length + " path=").getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(length, 0, huge, 0, length.length);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            put(tar, new TarArchiveEntry("x", type), huge);
        }
        Found found = found(Archives.compressed("gz", bytes.toByteArray()));
        assertThat(found.candidates).isEmpty();
        assertThat(found.refusals)
                .singleElement()
                .satisfies(r -> assertThat(r.reason()).isEqualTo(Reason.BROKEN_ARCHIVE))
                .satisfies(r -> assertThat(r.detail()).contains("larger than 1048576 bytes"));
    }

    @ParameterizedTest
    @ValueSource(bytes = {0x08, 0x10}) // FNAME and FCOMMENT of RFC 1952
    void gzipHeaderOfMegabytesBreaksTheFileThatHasIt(byte flags) throws Exception {
        byte[] endless = new byte[2 * 1024 * 1024];
        Arrays.fill(endless, (byte) 'a');
        byte[] start = {0x1F, (byte) 0x8B, 8, flags, 0, 0, 0, 0, 0, 0};
        System.arraycopy(start, 0, endless, 0, start.length);
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("endless.tar.gz", endless);
        members.put("after.png", TestImages.png(1));
        for (byte[] archive :
                new byte[][] {
                    Archives.tar(members),
                    concatenated(Archives.compressed("gz", Archives.tar(members)), endless)
                }) {
            Found found = found(archive);
            assertThat(found.candidates.keySet()).containsExactly(name("after.png"));
            assertThat(found.refusals)
                    .isNotEmpty()
                    .allMatch(r -> r.detail().contains("larger than 1048576 bytes"));
        }
    }

    @Test
    void sparseMemberOfAGigabyteIsReadOnlyAsFarAsAsked() throws Exception {
        StringBuilder records = new StringBuilder();
        long size = 1L << 30;
        for (String record :
                new String[] {"size=" + size, "numblocks=1", "offset=" + size, "numbytes=0"}) {
            int length = " GNU.sparse.\n".length() + record.length() + 2;
            records.append(length).append(" GNU.sparse.").append(record).append('\n');
        }
        byte[] header = records.toString().getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            put(tar, new TarArchiveEntry("x", TarConstants.LF_PAX_EXTENDED_HEADER_LC), header);
            put(tar, new TarArchiveEntry("holes.png"), new byte[0]);
            put(tar, new TarArchiveEntry("after.png"), TestImages.png(1));
        }
        Found found = found(bytes.toByteArray());
        assertThat(found.candidates.get(name("holes.png"))).isEqualTo(new byte[Found.KEPT_BYTES]);
        assertThat(found.candidates.get(name("after.png"))).isEqualTo(TestImages.png(1));
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void interruptEndsALongMember() throws Exception {
        Path file =
                Files.write(
                        folder.resolve("a"), Archives.tar(Map.of("1.png", new byte[1024 * 1024])));
        Found found = new Found();
        ImageSource.Visitor interrupting =
                new ImageSource.Visitor() {
                    @Override
                    public void candidate(Origin origin, java.io.InputStream content) {
                        Thread.currentThread().interrupt();
                    }

                    @Override
                    public void refused(Refusal refusal) {
                        found.refused(refusal);
                    }

                    @Override
                    public void hidden() {
                        found.hidden();
                    }

                    @Override
                    public void consumed(long inputBytes) {
                        found.consumed(inputBytes);
                    }
                };
        assertThatThrownBy(() -> PathSource.of(file).visit(interrupting))
                .isInstanceOf(InterruptedException.class);
        assertThat(found.refusals).isEmpty();
    }
}
