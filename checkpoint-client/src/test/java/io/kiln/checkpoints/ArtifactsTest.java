package io.kiln.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.TestRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ArtifactsTest {
    @TempDir Path folder;

    private final byte[] content = new byte[700_000];
    private Path stored;
    private CheckpointFile file;

    @BeforeEach
    void store() throws IOException {
        new Random(1).nextBytes(content);
        stored = Files.write(folder.resolve("encoder 1.safetensors"), content);
        file = TestRecords.encoder(stored, content);
    }

    private static CheckpointEvent event(String model, CheckpointFile file) {
        return TestRecords.event(model, "run-1", 4, 40).setFiles(List.of(file)).build();
    }

    @Test
    void fetchedFileIsTheStoredOne() throws Exception {
        Path target = folder.resolve("new/folder/weights");
        assertThat(Artifacts.fetch(file, target)).isEqualTo(target);
        assertThat(target).hasBinaryContent(content);
        try (Stream<Path> files = Files.list(target.getParent())) {
            assertThat(files).containsExactly(target);
        }
    }

    @Test
    void fetchReplacesAnOlderFile() throws Exception {
        Path target = Files.write(folder.resolve("weights"), new byte[5]);
        Artifacts.fetch(file, target);
        assertThat(target).hasBinaryContent(content);
    }

    /** What a killed process leaves is used: the store has other bytes in its place. */
    @Test
    void downloadThatWasBrokenOffGoesOn() throws Exception {
        byte[] damaged = content.clone();
        Arrays.fill(damaged, 0, 300_000, (byte) 0);
        Files.write(stored, damaged);
        Path target = folder.resolve("weights");
        Path partial = folder.resolve(".weights." + file.getSha256());
        Files.write(partial, Arrays.copyOf(content, 300_000));
        Artifacts.fetch(file, target);
        assertThat(target).hasBinaryContent(content);
        assertThat(partial).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 300_000, 700_000, 800_000})
    void wrongBytesThatAKilledDownloadLeftAreFetchedAgain(int bytes) throws Exception {
        Path target = folder.resolve("weights");
        Files.write(folder.resolve(".weights." + file.getSha256()), new byte[bytes]);
        Artifacts.fetch(file, target);
        assertThat(target).hasBinaryContent(content);
    }

    @Test
    void copyThatIsThereNeedsNoStore() throws Exception {
        Path target = Artifacts.fetch(file, folder.resolve("weights"));
        Files.delete(stored);
        assertThat(Artifacts.fetch(file, target)).hasBinaryContent(content);
    }

    @Test
    void downloadsOfOneFileAtATimeDoNotDisturbEachOther() throws Exception {
        Path target = folder.resolve("together/weights");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 20; round++) {
                Files.deleteIfExists(target);
                List<Future<Path>> fetched =
                        threads.invokeAll(
                                Collections.nCopies(8, () -> Artifacts.fetch(file, target)));
                for (Future<Path> path : fetched) {
                    assertThat(path.get()).hasBinaryContent(content);
                }
                assertThat(target.getParent()).isDirectoryNotContaining("glob:**/.*");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void fileLiesUnderItsRunsVersionInTheFolder() throws Exception {
        CheckpointEvent event = event("tiny", file);
        Path fetched =
                CheckpointSubscriber.fetch(event, FileRole.ENCODER, folder.resolve("weights"));
        assertThat(fetched)
                .isEqualTo(folder.resolve("weights/tiny-v4-encoder%201.safetensors"))
                .hasBinaryContent(content);
    }

    @Test
    void nameOfAModelLeadsOutOfNoFolder() throws Exception {
        CheckpointEvent event = event("../../up/x", file);
        Path into = folder.resolve("a/b/weights");
        assertThat(CheckpointSubscriber.fetch(event, FileRole.ENCODER, into).normalize())
                .hasParent(into);
    }

    @Test
    void roleThatTheEventLacksIsNamed() {
        assertThatThrownBy(
                        () ->
                                CheckpointSubscriber.fetch(
                                        event("tiny", file), FileRole.TRAINING_STATE, folder))
                .isInstanceOf(ArtifactMismatchException.class)
                .hasMessage("event run-1-v4-candidate has no file of role TRAINING_STATE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"flipped", "shorter", "longer", "missing", "folder"})
    void fileThatIsNotWhatTheEventSaysIsNeverHandedOver(String damage) throws Exception {
        switch (damage) {
            case "flipped" -> {
                byte[] flipped = content.clone();
                flipped[650_000] ^= 1;
                Files.write(stored, flipped);
            }
            case "shorter" -> Files.write(stored, new byte[10]);
            case "longer" -> Files.write(stored, new byte[content.length + 1]);
            case "missing" -> Files.delete(stored);
            default -> {
                Files.delete(stored);
                Files.createDirectory(stored);
            }
        }
        String found =
                switch (damage) {
                    case "flipped" -> " has 700000 bytes with SHA-256 ";
                    case "shorter" ->
                            " has 10 bytes with SHA-256 " + Sha256.hex(new byte[10]) + ";";
                    case "longer" -> " is longer;";
                    case "missing" -> " does not exist;";
                    default -> " is not a file;";
                };
        String expected = " expected 700000 bytes with SHA-256 " + Sha256.hex(content);
        Path target = folder.resolve("target/weights");
        assertThatThrownBy(() -> Artifacts.fetch(file, target))
                .isInstanceOf(ArtifactMismatchException.class)
                .hasMessageContaining("encoder%201.safetensors" + found)
                .hasMessageEndingWith(expected);
        assertThat(folder.resolve("target"))
                .satisfiesAnyOf(
                        parent -> assertThat(parent).doesNotExist(),
                        parent -> assertThat(parent).isEmptyDirectory());
        assertThatThrownBy(() -> Artifacts.verify(file))
                .isInstanceOf(ArtifactMismatchException.class)
                .hasMessageEndingWith(expected);
    }

    @Test
    void wholeFileIsVerifiedWhereItIs() throws Exception {
        Artifacts.verify(file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://bucket/model.safetensors",
                "/data/model.safetensors",
                "file://host/data/encoder",
                "not a uri",
                ""
            })
    void placeThatCannotBeReachedIsNamedWithWhatCan(String uri) {
        CheckpointFile elsewhere =
                new CheckpointFile(FileRole.ENCODER, uri, "safetensors", 1L, "0".repeat(64));
        assertThatThrownBy(() -> Artifacts.verify(elsewhere))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(uri + " cannot be reached from here (")
                .hasMessageContaining("expected a URI such as file:///");
    }
}
