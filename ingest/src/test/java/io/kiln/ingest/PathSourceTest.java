package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.images.TestImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class PathSourceTest {
    @TempDir Path folder;

    private Path write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }

    private String name(String file) {
        return folder.resolve(file).toString();
    }

    @Test
    void foldersAreReadToTheBottomInOrder() throws Exception {
        write("b/2.png", TestImages.png(2));
        write("b/a/1.png", TestImages.png(1));
        write("c.png", TestImages.png(3));
        write("a.txt", "no image".getBytes(StandardCharsets.UTF_8));
        Found found = Found.in(PathSource.of(folder));
        assertThat(found.candidates.keySet())
                .containsExactly(name("a.txt"), name("b/2.png"), name("b/a/1.png"), name("c.png"));
        assertThat(found.candidates.get(name("b/2.png"))).isEqualTo(TestImages.png(2));
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void archivesInFoldersAreOpenedWhateverTheirNames() throws Exception {
        write("shards/0", Archives.tar(Map.of("x/1.png", TestImages.png(1))));
        write("shards/1.jpg", Archives.zip(Map.of("2.png", TestImages.png(2))));
        assertThat(Found.in(PathSource.of(folder)).candidates.keySet())
                .containsExactly(name("shards/0!x/1.png"), name("shards/1.jpg!2.png"));
    }

    @Test
    void hiddenFilesAndFoldersArePassedOverAndCounted() throws Exception {
        write(".thumbs/1.png", TestImages.png(1));
        write(".x.png", TestImages.png(2));
        write("3.png", TestImages.png(3));
        Found found = Found.in(PathSource.of(folder));
        assertThat(found.candidates.keySet()).containsExactly(name("3.png"));
        assertThat(found.hidden).isEqualTo(2);
        assertThat(Found.in(PathSource.of(folder.resolve(".thumbs"))).candidates)
                .as("what is asked for by name is not hidden")
                .hasSize(1);
    }

    @Test
    void linksInACircleEnd() throws Exception {
        write("a/1.png", TestImages.png(1));
        Files.createSymbolicLink(folder.resolve("a/up"), folder);
        Files.createSymbolicLink(folder.resolve("b"), folder.resolve("a"));
        Files.createSymbolicLink(folder.resolve("self"), folder.resolve("self"));
        Found found = Found.in(PathSource.of(folder));
        assertThat(found.candidates.keySet()).containsExactly(name("a/1.png"));
        assertThat(found.refusals)
                .singleElement()
                .satisfies(r -> assertThat(r.origin().name()).isEqualTo(name("self")))
                .satisfies(r -> assertThat(r.reason()).isEqualTo(Refusal.Reason.UNREADABLE));
    }

    @Test
    void linksOutOfTheFolderAreRefusedUnlessAskedFor(@TempDir Path elsewhere) throws Exception {
        Path file = Files.write(elsewhere.resolve("1.png"), TestImages.png(1));
        Files.createSymbolicLink(folder.resolve("set"), elsewhere);
        Files.createSymbolicLink(folder.resolve("1.png"), file);
        Files.createSymbolicLink(folder.resolve("kernel"), Path.of("/proc/self"));
        Found within = Found.in(PathSource.of(folder));
        assertThat(within.candidates).isEmpty();
        assertThat(within.refusals)
                .extracting(Refusal::toString)
                .containsExactly(
                        name("1.png") + refused(file),
                        name("kernel") + refused(Path.of("/proc/self")),
                        name("set") + refused(elsewhere));
        Files.delete(folder.resolve("kernel"));
        assertThat(Found.in(PathSource.of(folder, Links.ANYWHERE)).candidates.keySet())
                .containsExactly(name("1.png"), name("set/1.png"));
        assertThat(Found.in(PathSource.of(folder.resolve("set"))).candidates.keySet())
                .as("a link that was named")
                .containsExactly(name("set/1.png"));
    }

    private static String refused(Path target) throws IOException {
        return ": outside the folder (a symbolic link to "
                + target.toRealPath()
                + "; --follow-links reads it)";
    }

    @Test
    void pathWithoutAFileIsAnErrorThatNamesIt() {
        assertThatThrownBy(() -> PathSource.of(folder.resolve("absent")))
                .isInstanceOf(IngestException.class)
                .hasMessage(name("absent") + ": no such file or folder");
    }

    @Test
    void fileThatVanishesIsRefused() throws Exception {
        Path file = write("1.png", TestImages.png(1));
        PathSource source = PathSource.of(file);
        Files.delete(file);
        assertThat(Found.in(source).refusals)
                .singleElement()
                .hasToString(name("1.png") + ": unreadable (no such file)");
    }

    @Test
    void whatIsConsumedAddsUpToWhatWasCountedAhead() throws Exception {
        write("1.png", TestImages.png(1));
        write("shard.tar", Archives.tar(Map.of("2.png", TestImages.png(2))));
        write(
                "shard.tar.gz",
                Archives.compressed("gz", Archives.tar(Map.of("3.png", TestImages.png(3)))));
        write("shard.zip", Archives.zip(Map.of("4.png", TestImages.png(4))));
        write("broken.zip", "PK\u0003\u0004 and no more".getBytes(StandardCharsets.UTF_8));
        write(".hidden", new byte[1000]);
        write("empty", new byte[0]);
        PathSource source = PathSource.of(folder);
        Found found = Found.in(source);
        assertThat(found.candidates).hasSize(5);
        assertThat(found.consumed).isPositive().isEqualTo(source.inputBytes());
    }

    @Test
    void interruptEndsTheVisitWithoutBlamingAFile() throws Exception {
        write("1.png", TestImages.png(1));
        PathSource source = PathSource.of(folder);
        Found found = new Found();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> source.visit(found)).isInstanceOf(InterruptedException.class);
        assertThat(found.refusals).isEmpty();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> ImageFile.visit(folder.resolve("1.png"), found))
                .isInstanceOf(InterruptedException.class);
        assertThat(found.refusals).isEmpty();
        Thread.currentThread().interrupt();
        assertThat(source.inputBytes()).isEqualTo(ImageSource.UNKNOWN);
        assertThat(Thread.interrupted()).isTrue();
    }
}
