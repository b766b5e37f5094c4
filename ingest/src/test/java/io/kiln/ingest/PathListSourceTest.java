package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.images.TestImages;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class PathListSourceTest {
    private static final HttpLimits LIMITS = HttpLimits.of(KilnConfig.defaults().ingest());

    @TempDir Path folder;

    @BeforeEach
    void write() throws IOException {
        Files.write(folder.resolve("#1 ä.png"), TestImages.png(1));
        Files.createDirectories(folder.resolve("set"));
        Files.write(folder.resolve("set/2.png"), TestImages.png(2));
        Files.write(folder.resolve("3.tar"), Archives.tar(Map.of("3.png", TestImages.png(3))));
    }

    private PathListSource list(String text) {
        return new PathListSource(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
                "standard input",
                folder,
                LIMITS,
                Links.WITHIN);
    }

    private String name(String file) {
        return folder.resolve(file).toString();
    }

    @Test
    void byteOrderMarkIsNoPartOfTheFirstPath() throws Exception {
        Found found = Found.in(list("\uFEFFset/2.png\n#1 \u00e4.png\n"));
        assertThat(found.refusals).isEmpty();
        assertThat(found.candidates.values()).containsExactly(TestImages.png(2), TestImages.png(1));
    }

    @Test
    void schemesThatAreNotFetchedAreNamed() throws Exception {
        Found found = Found.in(list("s3://bucket/1.png\nfile:///tmp/1.png\nset/2.png\n"));
        assertThat(found.candidates.values()).containsExactly(TestImages.png(2));
        assertThat(found.refusals)
                .extracting(Refusal::detail)
                .satisfiesExactly(
                        detail -> assertThat(detail).startsWith("URLs of s3: are not fetched"),
                        detail -> assertThat(detail).startsWith("URLs of file: are not fetched"));
    }

    @Test
    void longUrlIsRefusedAndTheListGoesOn() throws Exception {
        String host = "a".repeat(30_000);
        Found found = Found.in(list("http://" + host + "/1.png\nset/2.png\n"));
        assertThat(found.candidates.values()).containsExactly(TestImages.png(2));
        assertThat(found.reasons()).containsExactly(Refusal.Reason.UNREADABLE);
    }

    @Test
    void eachLineIsAFileAFolderOrAnArchive() throws Exception {
        Found found = Found.in(list("#1 ä.png\nset\n" + name("3.tar")));
        assertThat(found.candidates.keySet())
                .containsExactly(name("#1 ä.png"), name("set/2.png"), name("3.tar!3.png"));
    }

    @Test
    void blankLinesAndWindowsLineEndsDoNoHarm() throws Exception {
        Found found = Found.in(list("\r\nset/2.png\r\n  \n"));
        assertThat(found.candidates.keySet()).containsExactly(name("set/2.png"));
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void missingFileIsRefusedAndTheListGoesOn() throws Exception {
        Found found = Found.in(list("absent.png\nset/2.png\n"));
        assertThat(found.refusals)
                .singleElement()
                .hasToString(name("absent.png") + ": unreadable (no such file)");
        assertThat(found.candidates.keySet()).containsExactly(name("set/2.png"));
    }

    @Test
    void archiveInPlaceOfAListIsAnErrorThatSaysSo() {
        assertThatThrownBy(() -> Found.in(list("set/2.png\nPK\u0003\u0004\u0000\u0000")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("standard input is not a list of paths")
                .hasMessageContaining("line 2 holds a zero byte");
    }

    @Test
    void endlessLineIsAnErrorNotAFullHeap() {
        InputStream endless =
                new InputStream() {
                    @Override
                    public int read() {
                        return 'x';
                    }
                };
        assertThatThrownBy(
                        () ->
                                Found.in(
                                        new PathListSource(
                                                endless,
                                                "standard input",
                                                folder,
                                                LIMITS,
                                                Links.WITHIN)))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("line 1 is longer than");
    }

    @Test
    void listThatCannotBeReadNamesTheLastLine() {
        InputStream failing =
                new InputStream() {
                    private int left = 10;

                    @Override
                    public int read() throws IOException {
                        if (left-- == 0) {
                            throw new IOException("pipe broken");
                        }
                        return '\n';
                    }

                    @Override
                    public int read(byte[] buffer, int offset, int length) throws IOException {
                        buffer[offset] = (byte) read();
                        return 1;
                    }
                };
        assertThatThrownBy(
                        () ->
                                Found.in(
                                        new PathListSource(
                                                failing,
                                                "standard input",
                                                folder,
                                                LIMITS,
                                                Links.WITHIN)))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("after line 10")
                .hasMessageContaining("pipe broken");
    }
}
