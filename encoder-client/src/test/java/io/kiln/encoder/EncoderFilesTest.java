package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.checkpoints.ArtifactStores;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.TestRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncoderFilesTest {
    private static final byte[] CONTENT = {1, 2, 3};
    private static final String PARTIAL = ".tiny-v2-tiny-2.pt." + Sha256.hex(CONTENT);

    @TempDir private Path folder;

    private Path run;
    private EncoderFiles files;

    @BeforeEach
    void create() throws IOException {
        run = Files.createDirectories(folder.resolve("cache/run-run-1"));
        files = new EncoderFiles(folder.resolve("cache"), ArtifactStores.ANY);
    }

    /** Of a file that is not in its store yet. */
    private CheckpointEvent event(long version) {
        CheckpointFile file =
                TestRecords.file(FileRole.TORCHSCRIPT, store(version), "torchscript", CONTENT);
        return TestRecords.event("tiny", "run-1", version, 10).setFiles(List.of(file)).build();
    }

    private Path store(long version) {
        return folder.resolve("tiny-" + version + ".pt");
    }

    private void tried(CheckpointEvent event) {
        files.begin();
        assertThatThrownBy(() -> files.fetch(event, FileRole.TORCHSCRIPT))
                .isInstanceOf(ArtifactMismatchException.class);
    }

    private ListAssert<String> assertThatCached() throws IOException {
        try (Stream<Path> cached = Files.list(run)) {
            return assertThat(cached.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void whatWasBrokenOffStaysForTheNextTry() throws IOException {
        Files.write(run.resolve(PARTIAL), new byte[] {1});
        tried(event(2));
        files.begin(); // of a version that no adapter leads from
        tried(event(2));
        assertThatCached().containsExactly(PARTIAL);
        Files.write(store(2), CONTENT);
        files.begin();
        assertThat(files.fetch(event(2), FileRole.TORCHSCRIPT)).hasBinaryContent(CONTENT);
        files.serve();
        assertThatCached().containsExactly("tiny-v2-tiny-2.pt");
    }

    @Test
    void ofAVersionThatIsGivenUpTheEncoderGoesAndTheAdapterStays() throws IOException {
        Files.write(run.resolve("tiny-v1-tiny-1.pt"), CONTENT);
        Files.write(run.resolve("tiny-v2-adapter.safetensors"), CONTENT);
        Files.write(run.resolve(PARTIAL), new byte[] {1});
        tried(event(2));
        tried(event(3));
        assertThatCached().containsExactly("tiny-v1-tiny-1.pt", "tiny-v2-adapter.safetensors");
    }

    @Test
    void theVersionThatServesKeepsItsFile() throws IOException {
        Files.write(store(1), CONTENT);
        files.begin();
        files.fetch(event(1), FileRole.TORCHSCRIPT);
        files.serve();
        tried(event(2));
        tried(event(3));
        assertThatCached().containsExactly("tiny-v1-tiny-1.pt");
    }

    @Test
    void nothingIsAmissWithoutAFolder() throws IOException {
        Files.delete(run);
        Files.delete(run.getParent());
        tried(event(1));
        tried(event(2));
        assertThat(run.getParent()).doesNotExist();
    }
}
