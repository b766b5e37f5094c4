package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.images.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatchedSourceTest {
    @TempDir Path folder;
    @TempDir Path elsewhere;

    private WatchedSource source() {
        return new WatchedSource(List.of(folder), Duration.ofMillis(5), Links.WITHIN);
    }

    private static Found look(WatchedSource source) throws InterruptedException {
        Found found = new Found();
        source.look(found);
        return found;
    }

    private String write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content).toString();
    }

    @Test
    void eachFileIsTakenOnceWhenItHasStoppedChanging() throws Exception {
        WatchedSource source = source();
        byte[] image = TestImages.png(1);
        write("a/1.png", Arrays.copyOf(image, 20));
        assertThat(look(source).candidates).isEmpty();
        String growing = write("a/1.png", image);
        assertThat(look(source).candidates).isEmpty();
        assertThat(look(source).candidates.get(growing)).isEqualTo(image);
        assertThat(look(source).candidates).isEmpty();
        String late = write("b/2.png", TestImages.png(2));
        look(source);
        assertThat(look(source).candidates).containsOnlyKeys(late);
    }

    @Test
    void aFileThatIsReplacedIsTakenAgain() throws Exception {
        WatchedSource source = source();
        write("1.png", TestImages.png(1));
        look(source);
        look(source);
        Files.delete(folder.resolve("1.png"));
        look(source);
        String again = write("1.png", TestImages.png(1));
        look(source);
        assertThat(look(source).candidates).containsOnlyKeys(again);
    }

    @Test
    void aFolderThatCannotBeReadForAWhileIsNotTakenAgain() throws Exception {
        WatchedSource source = source();
        String first = write("sub/1.png", TestImages.png(1));
        look(source);
        assertThat(look(source).candidates).containsOnlyKeys(first);
        Path sub = folder.resolve("sub");
        Path away = Files.move(sub, elsewhere.resolve("sub"));
        Files.createSymbolicLink(sub, sub);
        look(source);
        Files.delete(sub);
        Files.move(away, sub);
        String second = write("sub/2.png", TestImages.png(2));
        look(source);
        assertThat(look(source).candidates).containsOnlyKeys(second);
    }

    @ParameterizedTest
    @ValueSource(strings = {"share", "."})
    void aShareThatIsAwayForAWhileIsNotTakenAgain(String watched) throws Exception {
        Path share = Files.createDirectory(folder.resolve("share"));
        WatchedSource source =
                new WatchedSource(
                        List.of(folder.resolve(watched).normalize()),
                        Duration.ofMillis(5),
                        Links.WITHIN);
        write("2.png", TestImages.png(2)); // beside the share
        String file = write("share/1.png", TestImages.png(1));
        look(source);
        assertThat(look(source).candidates).containsKey(file);
        Path away = Files.move(share, elsewhere.resolve("share"));
        if (watched.equals("share")) { // within a watched folder it would have been deleted
            look(source);
        }
        Files.createDirectory(share); // as where a share was mounted
        look(source);
        Files.delete(share);
        Files.move(away, share);
        look(source);
        assertThat(look(source).candidates).isEmpty();
    }

    @Test
    void aFileThatCannotBeReadForAWhileIsNamedOnceAndTakenLater() throws Exception {
        WatchedSource source =
                new WatchedSource(List.of(folder), Duration.ofMillis(5), Links.ANYWHERE);
        Path file = folder.resolve("1.png");
        Files.createSymbolicLink(file, Path.of("/proc/self/mem")); // whose first read fails
        FileTime time = Files.getLastModifiedTime(file);
        look(source);
        assertThat(look(source).reasons()).containsExactly(Refusal.Reason.UNREADABLE);
        assertThat(look(source).refusals).isEmpty();
        Files.delete(file);
        Files.setLastModifiedTime(Files.createFile(file), time);
        assertThat(look(source).candidates).containsOnlyKeys(file.toString());
        assertThat(look(source).candidates).isEmpty();
    }

    @Test
    void hiddenNamesAreLeftToWhoeverWritesThem() throws Exception {
        WatchedSource source = source();
        write(".1.png.part", TestImages.png(1));
        look(source);
        assertThat(look(source).candidates).isEmpty();
    }

    @Test
    void goesOnUntilInterrupted() throws Exception {
        String file = write("1.png", TestImages.png(1));
        Found found =
                new Found() {
                    @Override
                    public void candidate(Origin origin, java.io.InputStream content)
                            throws InterruptedException {
                        super.candidate(origin, content);
                        Thread.currentThread().interrupt();
                    }
                };
        assertThatThrownBy(() -> source().visit(found)).isInstanceOf(InterruptedException.class);
        assertThat(found.candidates).containsOnlyKeys(file);
    }

    @Test
    void whoeverTakesTheFilesHearsOfEachLookThatIsOver() {
        AtomicInteger looks = new AtomicInteger();
        Found found =
                new Found() {
                    @Override
                    public void idle() {
                        if (looks.incrementAndGet() == 3) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        assertThatThrownBy(() -> source().visit(found)).isInstanceOf(InterruptedException.class);
        assertThat(looks).hasValue(3);
    }

    @Test
    void onlyFoldersCanBeWatched() throws Exception {
        Path file = Path.of(write("1.png", TestImages.png(1)));
        assertThatThrownBy(
                        () -> new WatchedSource(List.of(file), Duration.ofSeconds(1), Links.WITHIN))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("1.png cannot be watched: expected a folder");
    }
}
